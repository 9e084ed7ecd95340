// SPDX-License-Identifier: Apache-2.0

/// A value that is never printed: descriptions, mirrors and interpolations show `(secret)`.
struct Secret<Value: Hashable & Sendable>: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The secret itself.
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    var description: String { "(secret)" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: []) }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The meter with another layout of its maps; see `Tests/OtherLayout`.
enum OtherLayout {
    /// Path of its `MeterProcess`; `nil` if it is not built.
    static let program: String? = {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = tests.deletingLastPathComponent().path + "/.build/other-layout/.build/debug/MeterProcess"
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }()
}

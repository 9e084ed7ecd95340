// SPDX-License-Identifier: Apache-2.0

extension Error {
    /// Why something could not be decoded: the field and what is wrong with it, without the value.
    var decodingReason: String {
        guard let error = self as? DecodingError else { return "\(self)" }
        func place(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + [key].compactMap { $0 })
                .map { key in
                    key.intValue.map(String.init) ?? key.stringValue
                }
            return path.isEmpty ? "the JSON" : path.joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context, key)) is missing"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .typeMismatch(let type, let context): "\(place(context)) is not of type \(type)"
        case .dataCorrupted(let context): "\(place(context)) is wrong: \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }
}

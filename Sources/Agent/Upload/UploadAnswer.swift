// SPDX-License-Identifier: Apache-2.0
import Wire

/// What the classifier, or whatever stands in between, made of a batch.
enum UploadAnswer: Hashable, Sendable {
    /// It is in the ledger, durably.
    case acknowledged(Acknowledgement)
    /// It can never be accepted, for this reason.
    case refused(status: Int, detail: String)
    /// Not now: nobody knows whether it was booked; to be sent again, not before `retryAfter` if that is given.
    case failed(reason: String, retryAfter: Duration?)

    /// Longest wait that a server may ask for.
    static let longestRetryAfter = Duration.seconds(300)

    /// The meaning of a response.
    ///
    /// Only 400, 413 and 415 are about the batch itself. Every other error may pass, a wrong URL (404) or missing
    /// rights (403) included once somebody mends them, so the batch is kept.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - retryAfter: The field `retry-after`; only its form in seconds is understood.
    ///   - body: The beginning of the body, 64 KiB at most.
    init(status: Int, retryAfter: String?, body: [UInt8]) {
        switch status {
        case 200:
            do {
                self = .acknowledged(try Acknowledgement(encoded: body))
            } catch {
                self = .failed(reason: "the answer is no acknowledgement: \(error)", retryAfter: nil)
            }
        case 400, 413, 415:
            self = .refused(status: status, detail: Self.excerpt(body))
        default:
            let seconds = retryAfter.flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
            self = .failed(
                reason: "status \(status): \(Self.excerpt(body))",
                retryAfter: seconds.map { min(.seconds(min($0, 86_400)), Self.longestRetryAfter) }
            )
        }
    }

    /// The first bytes of a body, fit for a log.
    private static func excerpt(_ body: [UInt8]) -> String {
        OwnerText.name(String(decoding: body.prefix(500), as: UTF8.self))
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Carries one batch to the classifier and its answer back.
protocol BatchTransport: Sendable {
    /// Sends the body of `POST /v1/flows`; what goes wrong on the way is a `.failed` answer.
    func send(_ body: [UInt8]) async -> UploadAnswer
}

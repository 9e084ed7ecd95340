// SPDX-License-Identifier: Apache-2.0
import Ledger
import Logging
import ServiceLifecycle

/// Has the ledger tidy up after itself, piece by piece, whenever there is something to do.
struct UpkeepService: Service {
    /// Time between two looks when there was nothing to do: minutes close no faster.
    static let pause = Duration.seconds(10)

    /// What is kept tidy.
    let ledger: Ledger
    /// Receives why a piece failed.
    let logger: Logger

    func run() async throws {
        // Only the end of the program throws here.
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    // Commits that arrived meanwhile take their turn before the next piece.
                    if try await ledger.upkeep() != nil { continue }
                } catch let error as LedgerError where error.code == .closed {
                    return
                } catch {
                    // As with commits: a full disk, for instance, is told and tried again.
                    logger.error("the ledger's upkeep failed", metadata: ["error": "\(error)"])
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}

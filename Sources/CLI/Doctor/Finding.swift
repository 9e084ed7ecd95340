// SPDX-License-Identifier: Apache-2.0

/// What a check has to say about one thing.
struct Finding: Hashable, Sendable {
    /// How good or bad it is.
    enum Mark: String, Sendable {
        case ok
        /// The meter works; something could be better, or should be known.
        case warn
        /// The meter does not work here, or not exactly.
        case fail = "FAIL"
        /// It could not be looked at.
        case notChecked = "not checked"
    }

    var mark: Mark
    /// What was looked at.
    var subject: String
    /// What was found; for ``Mark/notChecked``, why it was not looked at.
    var found: String
    /// What to do next; `nil` if there is nothing to do.
    var next: String?

    static func ok(_ subject: String, _ found: String) -> Finding {
        Finding(mark: .ok, subject: subject, found: found)
    }

    static func warn(_ subject: String, _ found: String, next: String? = nil) -> Finding {
        Finding(mark: .warn, subject: subject, found: found, next: next)
    }

    static func fail(_ subject: String, _ found: String, next: String) -> Finding {
        Finding(mark: .fail, subject: subject, found: found, next: next)
    }

    static func notChecked(_ subject: String, _ reason: String) -> Finding {
        Finding(mark: .notChecked, subject: subject, found: reason)
    }
}

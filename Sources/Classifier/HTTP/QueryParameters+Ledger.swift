// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import Zones

extension QueryParameters {
    /// The same, asked of `ledger` as it is now, and in any time zone.
    func asked(of ledger: Ledger) -> QueryParameters {
        var parameters = self
        parameters.horizon = ledger.horizon()
        parameters.zones = Zone.named
        return parameters
    }
}

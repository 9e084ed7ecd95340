// SPDX-License-Identifier: Apache-2.0

/// Where the maps of one set of counters are found by name: in a loaded object, or in their pins.
protocol MapSource {
    /// File descriptor of the map called `name`, which the source owns.
    func map(_ name: String) throws(CaptureError) -> CInt

    /// Why these maps cannot be used, and what to do: `what` is missing in them.
    func unreadable(_ what: String) -> CaptureError
}

// SPDX-License-Identifier: Apache-2.0

extension Array {
    /// The first index at which `belongs` holds; it holds for all that follow.
    func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = low + (high - low) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

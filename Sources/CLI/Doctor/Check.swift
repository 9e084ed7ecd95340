// SPDX-License-Identifier: Apache-2.0

/// A reading of the host, and the judgement on it.
///
/// Reading and judging are apart: a check's properties are the reading, made by its `read`; ``findings`` depends on
/// nothing else.
protocol Check {
    var findings: [Finding] { get }
}

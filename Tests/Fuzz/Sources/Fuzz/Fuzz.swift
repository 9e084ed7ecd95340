// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What is tried: the target that the environment variable `NETLEDGER_FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    let name = getenv("NETLEDGER_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        tell("NETLEDGER_FUZZ_TARGET is '\(name)'; it is one of \(names)")
        exit(64)
    }
    return target
}()

/// Tries one input; libFuzzer, whose `main` this program has, calls it again and again.
@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        try target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        tell("\(target.rawValue): \(error)")
        abort()
    }
    return 0
}

private func tell(_ text: String) {
    let bytes = Array("Fuzz: \(text)\n".utf8)
    // Nobody can be told if that fails.
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

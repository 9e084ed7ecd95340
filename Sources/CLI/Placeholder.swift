// SPDX-License-Identifier: Apache-2.0

@main
struct CLIProgram {
    static func main() {}
}

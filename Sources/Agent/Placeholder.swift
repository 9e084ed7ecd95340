// SPDX-License-Identifier: Apache-2.0

@main
struct AgentProgram {
    static func main() {}
}

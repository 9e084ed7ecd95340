// SPDX-License-Identifier: Apache-2.0

@main
struct ClassifierProgram {
    static func main() {}
}

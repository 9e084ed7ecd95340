// SPDX-License-Identifier: Apache-2.0

@main
struct TrafficGenerator {
    static func main() {}
}

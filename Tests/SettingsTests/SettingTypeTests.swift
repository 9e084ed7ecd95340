// SPDX-License-Identifier: Apache-2.0
import Settings
import TestSupport
import Testing

private enum Fruit: String, CaseIterable, Sendable {
    case apple
    case pear
}

@Suite struct SettingTypeTests {
    @Test(
        arguments: [
            ("0s", .zero), ("250ms", .milliseconds(250)), ("5s", .seconds(5)), ("1m", .seconds(60)),
            ("2h", .seconds(7_200)), ("2d", .seconds(172_800)), ("007s", .seconds(7)), ("48h", .seconds(172_800)),
        ] as [(String, Duration)]
    )
    func readsDurations(text: String, duration: Duration) {
        #expect(SettingType.duration(in: .zero ... .seconds(172_800)).parse(text) == duration)
    }

    @Test(arguments: [
        "", "5", "s", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5sec", "1m30s", "5us", "1h1", "172801s", "3d",
        "99999999999999999999s", "9223372036854775807d", "\u{0665}s",
    ])
    func refusesDurations(text: String) {
        #expect(SettingType.duration(in: .zero ... .seconds(172_800)).parse(text) == nil)
    }

    @Test(
        arguments: [
            (.zero, "0ms"), (.milliseconds(250), "250ms"), (.milliseconds(1_500), "1500ms"), (.seconds(90), "90s"),
            (.seconds(120), "2m"), (.seconds(7_200), "2h"), (.seconds(86_400), "1d"),
        ] as [(Duration, String)]
    )
    func writesDurationsAsItReadsThem(duration: Duration, text: String) {
        #expect(duration.settingText == text)
        #expect(SettingType.duration(in: .zero ... .seconds(86_400)).parse(text) == duration)
    }

    @Test(arguments: [
        ("0", 0), ("65536", 65_536), ("4kB", 4_000), ("1MB", 1_000_000), ("2GB", 2_000_000_000), ("64KiB", 65_536),
        ("16MiB", 16_777_216), ("1GiB", 1_073_741_824),
    ])
    func readsByteCounts(text: String, bytes: Int) {
        #expect(SettingType.byteCount(in: 0...4_000_000_000).parse(text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "-1", "+1", "1.5MiB", "16 MiB", "16mib", "16M", "16MIB", "5GB", "9223372036854775807GiB",
    ])
    func refusesByteCounts(text: String) {
        #expect(SettingType.byteCount(in: 0...4_000_000_000).parse(text) == nil)
    }

    @Test(arguments: [("1", 1), ("042", 42), ("100", 100)])
    func readsIntegers(text: String, number: UInt32) {
        #expect(SettingType<UInt32>.integer(in: 1...100).parse(text) == number)
    }

    @Test(arguments: ["", "0", "101", "+5", "-5", "5.0", "0x5", "1e1", " 5", "5\n", "four", "99999999999999999999"])
    func refusesIntegers(text: String) {
        #expect(SettingType<UInt32>.integer(in: 1...100).parse(text) == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1", 8_080), ("0.0.0.0:0", "0.0.0.0", 0), ("[::1]:8080", "::1", 8_080),
        ("[::]:65535", "::", 65_535), ("localhost:80", "localhost", 80),
        ("node-1.example.com:80", "node-1.example.com", 80),
        ("[2001:db8::1.2.3.4]:1", "2001:db8::1.2.3.4", 1), ("1st.example:80", "1st.example", 80),
    ])
    func readsListenAddresses(text: String, host: String, port: Int) {
        let address = SettingType.listenAddress.parse(text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address?.description == text)
    }

    @Test(arguments: [
        "", ":", ":8080", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1:65536",
        "127.0.0.1:http", "::1:8080", "[::1]", "[::1]8080", "[::1:8080", "::1]:8080", "[127.0.0.1]:80", "[]:80",
        "[fe80::1%eth0]:80", "127.0.0.256:80", "1.2.3:80", "1.2.3.4.5:80", "a..b:80", "-a:80", "a-:80", "a b:80",
        "http://a:80", "a_b:80", "\u{e4}:80", "[::1]:80:80", "a:80 ",
    ])
    func refusesListenAddresses(text: String) {
        #expect(SettingType.listenAddress.parse(text) == nil)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://ledger.example.com", "https://ledger.example.com"), ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://[::1]", "http://[::1]"), ("https://a.example/net/ledger/", "https://a.example/net/ledger"),
        (
            "http://netledger-classifier.netledger.svc.cluster.local",
            "http://netledger-classifier.netledger.svc.cluster.local"
        ),
    ])
    func readsURLs(text: String, url: String) {
        #expect(SettingType.httpURL.parse(text) == url)
    }

    @Test(arguments: [
        "", "http", "http:", "http://", "http:///", "127.0.0.1:8080", "ftp://a", "HTTP://a", "http:/a", "http://a:b",
        "http://a:70000", "http://user:secret@a", "http://a?x=1", "http://a/?x=1", "http://a/#f", "http://a b",
        "http://a/b c",
        "http://::1", "unix:///run/a", "http://a/\u{e4}",
    ])
    func refusesURLs(text: String) {
        #expect(SettingType.httpURL.parse(text) == nil)
    }

    @Test func namesAreBoundedAndPrintable() {
        let name = SettingType.name(maxBytes: 4)
        #expect(name.parse("abcd") == "abcd" && name.parse("\u{e4}\u{e4}") == "\u{e4}\u{e4}")
        #expect(name.parse("") == nil && name.parse("abcde") == nil && name.parse("\u{e4}\u{e4}a") == nil)
        #expect(name.parse("a\nb") == nil && name.parse("\u{7f}") == nil && name.parse("\u{85}") == nil)
    }

    @Test func choicesAreTheTypesNames() throws {
        let fruit: SettingType<Fruit> = .choice
        #expect(fruit.parse("pear") == .pear && fruit.parse("Pear") == nil && fruit.parse("") == nil)
        let error = #expect(throws: SettingsError.self) {
            try fruit.value(of: "plum", at: .flag("--fruit"))
        }
        #expect(error?.description == #"--fruit: "plum" is not one of apple, pear"#)
    }

    @Test func longOrStrangeTextIsQuotedShortAndOnOneLine() {
        let error = #expect(throws: SettingsError.self) {
            try SettingType.listenAddress.value(
                of: "a\nb\u{1b}[2J" + String(repeating: "x", count: 5_000),
                at: .flag("--a")
            )
        }
        let text = error?.description ?? ""
        #expect(text.count < 300 && !text.contains("\n") && !text.contains("\u{1b}"), "\(text)")
    }

    @Test func randomTextIsReadOrRefusedAndNeverTraps() {
        var random = SeededRandom()
        let letters = Array("0123456789smhdkKMGiB:[]./-http\u{0}\u{e4} ")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...22, using: &random)).map { _ in letters.randomElement(using: &random)! }
            )
            _ = SettingType.duration(in: .zero ... .seconds(60)).parse(text)
            _ = SettingType.byteCount(in: 0...Int.max).parse(text)
            _ = SettingType.httpURL.parse("http://" + text)
            if let address = ListenAddress(text) {
                #expect(ListenAddress(address.description) == address, "seed \(random.seed), \(text)")
            }
        }
    }
}

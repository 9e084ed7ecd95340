// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Kubernetes

@Suite("The follower's state machine")
struct FollowMachineTests {
    typealias Machine = FollowMachine

    /// A machine, the time it lives in, and what a test feeds it.
    private final class Bench {
        var machine: Machine
        var clock = Duration.zero

        init(streams: Bool = false, pageSize: Int = 500) {
            var limits = FollowLimits()
            limits.usesStreamingLists = streams
            limits.pageSize = pageSize
            machine = Machine(resource: "pods", limits: limits)
        }

        var now: Machine.Moment { Machine.Moment(steady: clock, calendar: 1_000_000 + clock.components.seconds) }

        /// The next step, by the longest waits and times.
        func next() -> Machine.Step { machine.next(chance: 1) }

        func fail(_ failure: RequestFailure) { machine.failed(failure, at: now, chance: 1) }

        func fail(_ code: Int, _ reason: String = "", retryAfter: Duration? = nil) {
            fail(.status(APIStatus(code: code, reason: reason, message: "m", retryAfter: retryAfter)))
        }

        func page(_ version: String = "10", continuation: String = "") -> (begins: Bool, ends: Bool) {
            machine.page(version: version, continuation: continuation, at: now)
        }

        func event(_ signal: WatchSignal, _ version: String = "") -> Machine.Verdict {
            machine.event(signal, version: version, at: now, chance: 1)
        }

        /// Takes the head of a watch.
        @discardableResult
        func open() -> Bool { machine.watchOpened(at: now) }

        func end() { machine.watchEnded(at: now, chance: 1) }

        /// Lists everything in one page, so that a watch is next.
        func list() {
            _ = next()
            _ = page()
        }
    }

    private static let watchTime = Duration.seconds(600)

    @Test("lists page by page, then watches from the list's version")
    func pages() {
        let bench = Bench()
        #expect(bench.next() == .list(continuation: nil, limit: 500))
        #expect(bench.machine.status.phase == .listing)
        var page = bench.page(continuation: "a")
        #expect(page == (true, false))
        #expect(bench.next() == .list(continuation: "a", limit: 500))
        page = bench.page(continuation: "b")
        #expect(page == (false, false))
        #expect(!bench.machine.status.isSynced)
        #expect(bench.next() == .list(continuation: "b", limit: 500))
        page = bench.page("12")
        #expect(page == (false, true))
        #expect(bench.machine.status.isSynced)
        #expect(bench.machine.status.listings == 1)
        #expect(bench.next() == .watch(version: "12", time: Self.watchTime))
        #expect(bench.machine.status.phase == .watching)
    }

    @Test("a stream of initial events ends with its bookmark and goes on as a watch")
    func streamingList() {
        let bench = Bench(streams: true)
        #expect(bench.next() == .watch(version: nil, time: Self.watchTime))
        #expect(bench.open())
        #expect(bench.event(.change, "3") == .proceed)
        #expect(!bench.machine.status.isSynced)
        #expect(bench.event(.bookmark(endsInitialEvents: true), "7") == .listed)
        #expect(bench.machine.status.isSynced)
        #expect(bench.event(.change, "8") == .proceed)
        bench.clock += .seconds(600)
        bench.end()
        #expect(bench.next() == .watch(version: "8", time: Self.watchTime))
        #expect(!bench.open(), "only a listing begins anew")
    }

    @Test(
        "servers that refuse streaming lists are asked for pages, at once and from then on",
        arguments: [400, 404, 422]
    )
    func streamsRefused(code: Int) {
        let bench = Bench(streams: true)
        _ = bench.next()
        bench.fail(code, "Invalid")
        #expect(bench.next() == .list(continuation: nil, limit: 500))
        _ = bench.page("5")
        _ = bench.next()
        bench.fail(410, "Expired")
        #expect(bench.next() == .wait(.milliseconds(500)))
        #expect(bench.next() == .list(continuation: nil, limit: 500))
    }

    @Test("a server that sends a bookmark of the ordinary kind does not know streaming lists")
    func streamsIgnored() {
        let bench = Bench(streams: true)
        _ = bench.next()
        bench.open()
        #expect(bench.event(.change, "3") == .proceed)
        #expect(bench.event(.bookmark(endsInitialEvents: false), "4") == .stop)
        #expect(bench.next() == .list(continuation: nil, limit: 500))
    }

    @Test("a stream that breaks again and again is given up for pages; a server that is down is not")
    func streamsBreak() {
        let bench = Bench(streams: true)
        for _ in 0..<20 {
            _ = bench.next()
            bench.fail(.connection("refused"))
            guard case .wait = bench.next() else { return #expect(Bool(false), "no wait after a failure") }
        }
        var attempts = 0
        while case .watch = bench.next() {
            attempts += 1
            bench.open()
            _ = bench.event(.change, "3")
            bench.fail(.connection("cut"))
            guard case .wait = bench.next() else { return #expect(Bool(false), "no wait after a failure") }
        }
        #expect(attempts == Machine.patience)
    }

    @Test("410 lists everything again: as a status, as an event, and on a continue token")
    func expired() {
        let bench = Bench()
        bench.list()
        _ = bench.next()
        bench.fail(410, "Gone")
        #expect(bench.next() == .wait(.milliseconds(500)))
        #expect(bench.next() == .list(continuation: nil, limit: 500))
        #expect(bench.page(continuation: "a") == (true, false))
        _ = bench.next()
        bench.fail(410, "Expired")
        #expect(bench.next() == .wait(.seconds(1)), "listing again and again costs more and more time")
        #expect(bench.next() == .list(continuation: nil, limit: 500))
        #expect(bench.page() == (true, true))
        _ = bench.next()
        bench.open()
        #expect(bench.event(.failure(APIStatus(code: 410, reason: "Expired"))) == .stop)
        #expect(bench.next() == .wait(.seconds(2)), "a listing is no progress if its watch never is")
        #expect(bench.machine.status.isSynced, "what was known stays known")
        #expect(bench.machine.status.failure?.message.contains("listed again") == true)
        bench.list()
        _ = bench.next()
        #expect(bench.event(.change, "40") == .proceed)
        bench.fail(410)
        #expect(bench.next() == .wait(.milliseconds(500)), "a watch that was of use forgets the waits")
    }

    @Test("a page that failed is asked for again with its own continue token")
    func pageRetried() {
        let bench = Bench()
        _ = bench.next()
        _ = bench.page(continuation: "a")
        _ = bench.next()
        bench.fail(.connection("cut"))
        #expect(bench.next() == .wait(.milliseconds(500)))
        #expect(bench.next() == .list(continuation: "a", limit: 500))
    }

    @Test("a page that is too large is asked for again in halves, down to single objects")
    func pageTooLarge() {
        let bench = Bench(pageSize: 5)
        var limits: [Int] = []
        for _ in 0..<4 {
            guard case .list(_, let limit) = bench.next() else { return #expect(Bool(false), "no wait is due yet") }
            limits.append(limit)
            bench.fail(.pageTooLarge(1))
            if limit == 1 { break }
        }
        #expect(limits == [5, 2, 1])
        #expect(bench.next() == .wait(.milliseconds(500)))
    }

    @Test("waits double up to their ceiling, are spread by chance, and are forgotten after progress")
    func backoff() {
        let bench = Bench()
        var waits: [Duration] = []
        for _ in 0..<9 {
            _ = bench.next()
            bench.fail(.connection("refused"))
            if case .wait(let time) = bench.next() { waits.append(time) }
        }
        #expect(waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        #expect(bench.machine.status.failure?.count == 9)
        _ = bench.next()
        bench.machine.failed(.connection("refused"), at: bench.now, chance: 0)
        #expect(bench.next() == .wait(.seconds(15)), "half of it at least")
        _ = bench.next()
        _ = bench.page(continuation: "a")
        #expect(bench.machine.status.failure == nil)
        _ = bench.next()
        bench.fail(.connection("refused"))
        #expect(bench.next() == .wait(.milliseconds(500)))
    }

    @Test("a first 401 renews the credentials at once, further ones wait")
    func unauthorized() {
        let bench = Bench()
        bench.list()
        _ = bench.next()
        bench.fail(401, "Unauthorized")
        #expect(bench.next() == .renewCredentials)
        #expect(bench.next() == .watch(version: "10", time: Self.watchTime))
        bench.fail(401, "Unauthorized")
        #expect(bench.next() == .renewCredentials)
        #expect(bench.next() == .wait(.milliseconds(500)))
        #expect(bench.next() == .watch(version: "10", time: Self.watchTime))
        #expect(bench.machine.status.failure?.message.contains("credentials") == true)
    }

    @Test("403 waits for the operator without listing again, and says what is missing")
    func forbidden() {
        let bench = Bench()
        bench.list()
        for _ in 0..<20 {
            #expect(bench.next() == .watch(version: "10", time: Self.watchTime))
            bench.fail(403, "Forbidden")
            guard case .wait = bench.next() else { return #expect(Bool(false), "no wait after a failure") }
        }
        #expect(bench.machine.status.failure?.message.contains("list and watch pods") == true)
        #expect(bench.machine.status.failure?.count == 20)
    }

    @Test("Retry-After is kept to and spread behind, but not without bound")
    func retryAfter() {
        let bench = Bench()
        _ = bench.next()
        bench.fail(429, "TooManyRequests", retryAfter: .seconds(7))
        #expect(bench.next() == .wait(.seconds(7) + .milliseconds(500)))
        _ = bench.next()
        bench.fail(503, retryAfter: .seconds(1_000_000))
        #expect(bench.next() == .wait(.seconds(300) + .milliseconds(500)))
    }

    @Test("a watch that the server fails again and again is given up for a new listing", arguments: [500, 504, 0, 422])
    func refusedWatch(code: Int) {
        let bench = Bench()
        bench.list()
        var attempts = 0
        while case .watch(let version, _) = bench.next() {
            #expect(version == "10")
            attempts += 1
            bench.fail(code)
            guard case .wait = bench.next() else { return #expect(Bool(false), "no wait after a failure") }
        }
        #expect(attempts == (code == 422 ? 1 : Machine.patience))
        #expect(bench.machine.status.phase == .listing)
    }

    @Test("429 never makes a client list again, which would cost the server more")
    func busy() {
        let bench = Bench()
        bench.list()
        for _ in 0..<20 {
            #expect(bench.next() == .watch(version: "10", time: Self.watchTime))
            bench.fail(429)
            guard case .wait = bench.next() else { return #expect(Bool(false), "no wait after a failure") }
        }
    }

    @Test("a watch that ended in good order is taken up at once; one that ends at once is a failure")
    func ends() {
        let bench = Bench()
        bench.list()
        _ = bench.next()
        bench.open()
        bench.clock += .seconds(11)
        bench.end()
        #expect(bench.next() == .watch(version: "10", time: Self.watchTime), "silence for so long is no failure")
        bench.open()
        #expect(bench.event(.change, "11") == .proceed)
        bench.end()
        #expect(bench.machine.status.failure == nil)
        #expect(bench.next() == .wait(.milliseconds(500)), "but not without a pause: servers may do so all the time")
        #expect(bench.next() == .watch(version: "11", time: Self.watchTime))
        bench.open()
        bench.end()
        #expect(bench.machine.status.failure != nil)
    }

    @Test("a watch that is open again tells at once that changes come, and a failure stays until it says something")
    func connected() {
        for streams in [false, true] {
            let bench = Bench(streams: streams)
            if streams {
                _ = bench.next()
                bench.open()
                #expect(!bench.machine.status.isConnected, "a listing is no watch yet")
                #expect(bench.event(.bookmark(endsInitialEvents: true), "10") == .listed)
                #expect(bench.machine.status.isConnected)
            } else {
                bench.list()
                #expect(!bench.machine.status.isConnected)
                _ = bench.next()
                bench.open()
                #expect(bench.machine.status.isConnected)
            }
            bench.fail(.connection("it is gone"))
            #expect(!bench.machine.status.isConnected)
            _ = bench.next()
            _ = bench.next()
            #expect(!bench.machine.status.isConnected)
            bench.open()
            #expect(bench.machine.status.isConnected)
            #expect(bench.machine.status.failure != nil)
            _ = bench.event(.change, "11")
            #expect(bench.machine.status.isConnected && bench.machine.status.failure == nil)
            bench.clock += Machine.worthwhile
            bench.end()
            #expect(!bench.machine.status.isConnected)
        }
    }

    @Test("bookmarks and changes carry the version on; unknown events and objects without version do not")
    func versions() {
        let bench = Bench()
        bench.list()
        _ = bench.next()
        #expect(bench.event(.change, "11") == .proceed)
        #expect(bench.event(.bookmark(endsInitialEvents: false), "20") == .proceed)
        #expect(bench.event(.unknown, "99") == .proceed)
        #expect(bench.event(.change, "") == .proceed)
        bench.fail(.connection("cut"))
        #expect(bench.next() == .wait(.milliseconds(500)))
        #expect(bench.next() == .watch(version: "20", time: Self.watchTime))
    }

    @Test("silence is granted until the watch should have ended, and less to a server that sends bookmarks")
    func silence() {
        let bench = Bench()
        _ = bench.next()
        #expect(bench.machine.silenceLimit == .seconds(60))
        _ = bench.page()
        _ = bench.next()
        #expect(bench.machine.silenceLimit == .seconds(660))
        _ = bench.event(.bookmark(endsInitialEvents: false), "11")
        #expect(bench.machine.silenceLimit == .seconds(180))
        bench.fail(.silence(.seconds(180)))
        _ = bench.next()
        #expect(bench.next() == .watch(version: "11", time: Self.watchTime))
        #expect(bench.machine.silenceLimit == .seconds(660), "each server is asked anew")
    }

    @Test("whatever comes in whatever order, it neither stops nor hurries, and syncs once the server is well")
    func anyOrder() {
        var random = SeededRandom()
        for _ in 0..<2000 {
            let bench = Bench(streams: Bool.random(using: &random), pageSize: Int.random(in: 1...3, using: &random))
            var stepsWithoutWait = 0
            for _ in 0..<40 {
                bench.clock += .milliseconds(Int.random(in: 0...20_000, using: &random))
                switch bench.next() {
                case .wait(let time):
                    #expect(time > .zero && time <= .seconds(301), "seed \(random.seed)")
                    stepsWithoutWait = 0
                case .renewCredentials:
                    break
                case .list:
                    stepsWithoutWait += 1
                    if Int.random(in: 0..<3, using: &random) > 0 {
                        bench.fail(Self.anyFailure(&random))
                    } else {
                        _ = bench.page("1", continuation: Bool.random(using: &random) ? "c" : "")
                        stepsWithoutWait = 0
                    }
                case .watch:
                    stepsWithoutWait += 1
                    if Bool.random(using: &random) { bench.open() }
                    var isOpen = true
                    for _ in 0..<Int.random(in: 0...3, using: &random) where isOpen {
                        let signal = [
                            WatchSignal.change, .bookmark(endsInitialEvents: Bool.random(using: &random)), .unknown,
                            .failure(APIStatus(code: [0, 410, 500].randomElement(using: &random) ?? 0)),
                        ]
                        .randomElement(using: &random)
                        isOpen = bench.event(signal ?? .unknown, "5") != .stop
                        if isOpen, signal == .change { stepsWithoutWait = 0 }
                    }
                    if isOpen {
                        if Bool.random(using: &random) {
                            bench.machine.watchEnded(at: bench.now, chance: 0)
                        } else {
                            bench.fail(Self.anyFailure(&random))
                        }
                    }
                }
                // Halving pages, a first 401, the change to pages and watches that lasted cost no wait.
                #expect(stepsWithoutWait < 12, "seed \(random.seed)")
            }
            // From here on the server is well.
            for _ in 0..<4 where bench.machine.status.phase != .watching || !bench.machine.status.isSynced {
                switch bench.next() {
                case .list: _ = bench.page("9")
                case .watch(nil, _): _ = bench.event(.bookmark(endsInitialEvents: true), "9")
                default: break
                }
            }
            #expect(bench.machine.status.isSynced, "seed \(random.seed)")
        }
    }

    private static func anyFailure(_ random: inout SeededRandom) -> RequestFailure {
        let code = [0, 400, 401, 403, 404, 410, 422, 429, 500, 503, 504].randomElement(using: &random) ?? 0
        let all: [RequestFailure] = [
            .status(APIStatus(code: code)), .connection("c"), .credentials("c"), .silence(.seconds(1)),
            .unreadable("u"), .pageTooLarge(1), .endedAtOnce,
        ]
        return all.randomElement(using: &random) ?? .endedAtOnce
    }
}

// SPDX-License-Identifier: Apache-2.0
import Traffic

extension StatusReport {
    /// The report as JSON; numbers are integers, times RFC 3339.
    public func json() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", version)
        json.member("uptime_seconds", uptimeSeconds)
        json.key("ledger")
        json.beginObject()
        json.member("path", ledger.path)
        json.member("bytes", ledger.bytes)
        json.member("schema_version", ledger.schemaVersion)
        json.member("series", ledger.series)
        json.endObject()
        json.key("totals")
        json.beginObject()
        json.members(totals)
        json.endObject()
        json.key("batches")
        json.beginObject()
        json.member("applied", batches.applied)
        json.member("duplicate", batches.duplicate)
        json.member("refused", batches.refused)
        json.endObject()
        json.key("nodes")
        json.beginArray()
        for node in nodes { json.value(node) }
        json.endArray()
        json.key("lost")
        json.beginArray()
        for loss in lost { json.value(loss) }
        json.endArray()
        json.key("accounts")
        json.beginArray()
        for account in accounts { json.value(account) }
        json.endArray()
        json.key("configuration")
        json.beginObject()
        json.member("loaded_at", UTCTime(secondsSinceEpoch: configuration.loadedAt).description)
        if let error = configuration.error { json.member("error", error) }
        json.endObject()
        json.key("feeds")
        json.beginArray()
        for feed in feeds { json.value(feed) }
        json.endArray()
        json.key("rules")
        json.beginArray()
        for rule in rules {
            json.beginObject()
            json.member("rule", rule.rule)
            json.members(rule.counters)
            json.endObject()
        }
        json.endArray()
        if let namespaces {
            json.key("namespaces")
            json.beginArray()
            for name in namespaces { json.value(name) }
            json.endArray()
        }
        if let inventory {
            json.key("inventory")
            json.value(inventory)
        }
        json.endObject()
        return json.bytes
    }
}

extension JSONWriter {
    fileprivate mutating func value(_ feed: StatusReport.Feed) {
        beginObject()
        member("feed", feed.feed)
        member("url", feed.url)
        if let time = feed.answeredAt { member("answered_at", UTCTime(secondsSinceEpoch: time).description) }
        if let error = feed.error { member("error", error) }
        endObject()
    }

    fileprivate mutating func value(_ node: StatusReport.Node) {
        beginObject()
        member("cluster", node.cluster)
        member("node", node.node)
        member("boot_id", node.bootID)
        member("sequence", node.sequence)
        member("last_interval_end", UTCTime(secondsSinceEpoch: node.lastIntervalEnd).description)
        member("batches", node.batches)
        member("lag_seconds", node.lagSeconds)
        endObject()
    }

    fileprivate mutating func value(_ account: StatusReport.Account) {
        beginObject()
        member("cluster", account.cluster)
        member("node", account.node)
        for (name, counters) in [
            ("seen", account.seen), ("booked", account.booked), ("waiting", account.waiting), ("lost", account.lost),
        ] {
            key(name)
            beginObject()
            members(counters)
            endObject()
        }
        if let skew = account.clockSkewMilliseconds { member("clock_skew_ms", skew) }
        member("reclocked_batches", account.reclockedBatches)
        endObject()
    }

    fileprivate mutating func value(_ loss: StatusReport.NodeLoss) {
        beginObject()
        member("cluster", loss.cluster)
        member("node", loss.node)
        member("reason", loss.loss.reason)
        members(loss.loss.counters)
        endObject()
    }
}

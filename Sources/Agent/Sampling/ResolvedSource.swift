// SPDX-License-Identifier: Apache-2.0
import Capture
import Conntrack
import Logging
import Traffic

/// A source whose flows to services lead to the backends that answered them.
///
/// The kernel's meter sees the service's address where the node translates addresses (kube-proxy), and has such a
/// connection as a flow of its own. Here it gets the address and the port of its backend, and is added to the others
/// of the same owner and backend. What connection tracking does not know keeps the service's address, and is marked so.
/// The sum stays the same.
struct ResolvedSource<Base: FlowSource>: FlowSource {
    private var base: Base
    private let backends: ServiceBackends
    private let counters: AgentCounters
    private let logger: Logger

    /// The flows of `base`, resolved with `backends`.
    init(_ base: Base, backends: ServiceBackends, counters: AgentCounters, logger: Logger) {
        self.base = base
        self.backends = backends
        self.counters = counters
        self.logger = logger
    }

    var state: CounterState { base.state }

    mutating func drain() throws -> Drain {
        var drain = try base.drain()
        do {
            // After the drain: the kernel tells of a connection before it has bytes.
            try backends.update()
        } catch {
            logger.error("Services cannot be resolved now", metadata: ["error": "\(error)"])
        }
        var tally = ServiceTally()
        drain.flows = resolved(drain.flows, &tally)
        (tally.overruns, tally.refused) = (backends.overruns, backends.refused)
        counters.update { $0.services.add(tally) }
        return drain
    }

    mutating func commit() throws {
        try base.commit()
    }

    mutating func detach() {
        base.detach()
    }

    private func resolved(_ flows: [KernelFlow], _ tally: inout ServiceTally) -> [KernelFlow] {
        var sums: [KernelFlow: Int] = [:]
        var result: [KernelFlow] = []
        result.reserveCapacity(flows.count)
        for flow in flows {
            guard let local = flow.local else {
                result.append(flow)
                continue
            }
            var key = flow
            key.local = nil
            key.counters = .zero
            let service = SocketEnd(address: flow.remote, port: flow.servicePort)
            switch backends.answer(to: Connection(flow.ipProtocol, from: local, to: service)) {
            case .backend(let backend):
                (key.remote, key.servicePort, key.service) = (backend.address, backend.port, .backend)
                tally.resolved += flow.counters
            case .host:
                key.service = .local
                tally.local += flow.counters
            case .unknown:
                key.service = .unresolved
                tally.unresolved += flow.counters
            }
            if let index = sums[key] {
                result[index].counters += flow.counters
            } else {
                sums[key] = result.count
                result.append(key)
                result[result.count - 1].counters = flow.counters
            }
        }
        return result
    }
}

// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Hummingbird
import Identity
import Kubernetes
import Ledger
import Logging
import NIOCore
import ServiceLifecycle
import Settings

/// Assembles the classifier: the same for production and for tests.
///
/// The ledger is open when this returns; it is closed when the application has run.
///
/// - Parameters:
///   - settings: What the operator chose.
///   - reviewer: Asks Kubernetes whose a token is; `nil` if there is no Kubernetes to ask.
///   - source: From where the settings can be read again while the program runs; `nil` if they stay.
///   - clock: The time of day.
///   - logger: Receives the log.
/// - Throws: ``LedgerError`` if the database cannot be used, `FeedError` if a feed cannot, `SettingsError` if the access
///   file cannot, `IdentityError` if a certificate or key cannot, `ClusterError` if the cluster's credentials cannot be
///   found.
func buildApplication(
    settings: ClassifierSettings,
    reviewer: (any TokenReviewer)? = nil,
    source: ConfigurationSource? = nil,
    clock: WallClock = .system,
    logger: Logger
) throws -> Application<RouteTable> {
    var options = LedgerOptions()
    options.commitInterval = settings.commitInterval
    options.commitRows = settings.commitRows
    options.retention = settings.retention
    options.mostRows = settings.mostRows
    options.now = { clock.seconds }
    let cluster = try ClusterClient(settings)
    let door = try FrontDoor(
        settings.exposure,
        reviewer: reviewer ?? cluster.map(ClusterTokenReviewer.init),
        clock: clock,
        logger: logger
    )
    let rules = try LiveRules(settings, clock: clock, logger: logger)
    let ledger = try Ledger(path: settings.database, options: options)
    let feed = cluster.map {
        InventoryFeed(
            settings,
            client: $0,
            ledger: ledger,
            rulebook: { rules.rulebook },
            clock: clock,
            logger: logger
        )
    }
    let bookkeeper = Bookkeeper()
    let pipeline = Pipeline(
        ledger: ledger,
        classify: {
            bookkeeper.booking(
                of: $0,
                with: rules.rulebook,
                inventory: await feed?.inventory(for: $0),
                keepsQuestions: feed?.keepsQuestions ?? false
            )
        },
        clock: clock,
        logger: logger,
        maxClockSkew: settings.maxClockSkew,
        room: BodyRoom(capacity: settings.maxBodies),
        legacyCluster: settings.kubernetesCluster,
        legacyInventory: { await feed?.inventory() },
        applied: { feed?.count($0) }
    )
    let requests = RequestMeter()
    let started = clock.seconds
    let steps = StepWatch(ledger: ledger, clock: clock, logger: logger)
    let page = MetricsPage(
        ledger: ledger,
        pipeline: pipeline,
        requests: requests,
        rules: rules,
        access: door.page,
        feed: feed,
        steps: steps,
        started: started
    )
    let routes =
        [
            IngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            LegacyIngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            MetricsRoute(page: page).route,
            UsageRoute(ledger: ledger, clock: clock, logger: logger).route,
            CostRoute(ledger: ledger, rules: rules, clock: clock).route,
            NATRoute(ledger: ledger, rules: rules, clock: clock).route,
            DiffRoute(ledger: ledger, rules: rules, clock: clock).route,
            FocusRoute(ledger: ledger, rules: rules, clock: clock, logger: logger).route,
            StatusRoute(
                ledger: ledger,
                path: settings.database,
                pipeline: pipeline,
                rules: rules,
                feed: feed,
                started: started
            )
            .route,
            ExplainRoute(ledger: ledger, rules: rules, feed: feed, clock: clock).route,
            BackupRoute(ledger: ledger, logger: logger).route,
            OpenAPIRoute().route,
        ] + BillRoutes(ledger: ledger, clock: clock).routes
        + CloseRoutes(ledger: ledger, rules: rules, clock: clock).routes + HealthRoutes(pipeline: pipeline).routes

    var services: [any ServiceLifecycle.Service] = [
        SecondSignalService(logger: logger), LedgerService(ledger: ledger, logger: logger),
        UpkeepService(ledger: ledger, logger: logger), door.reloader, steps,
    ]
    services.append(FeedRefresher(rules: rules, clock: clock, logger: logger))
    if let feed { services.append(feed) }
    if let source { services.append(Reloader(path: source.path, resolve: source.resolve, rules: rules)) }

    // Hummingbird's own lines repeat ours, so they show from `debug` on.
    var serverLogger = logger
    if logger.logLevel > .debug { serverLogger.logLevel = max(logger.logLevel, .warning) }
    return Application(
        responder: RouteTable(
            routes,
            gate: door.gate,
            queries: QueryLimits(timeout: settings.exposure.queryTimeout),
            meter: requests,
            logger: logger
        ),
        server: door.server,
        configuration: ApplicationConfiguration(
            address: .hostname(settings.listen.host, port: settings.listen.port),
            serverName: "netledger-classifier/\(Version.current)"
        ),
        services: services,
        onServerRunning: { channel in
            // Port 0 asks for a free one, so the channel knows better than the settings.
            let port = channel.localAddress?.port ?? settings.listen.port
            logger.info(
                "ready",
                metadata: [
                    "version": "\(Version.current)",
                    "listen": "\(ListenAddress(host: settings.listen.host, port: port))",
                    "tls": "\(door.tls == nil ? "off" : "on")",
                    "database": "\(settings.database)",
                    "series": "\(ledger.podCounters().labels.count)",
                ]
            )
        },
        logger: serverLogger
    )
}

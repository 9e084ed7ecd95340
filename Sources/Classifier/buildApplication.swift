// SPDX-License-Identifier: Apache-2.0
import Classification
import Hummingbird
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
///   - source: From where the settings can be read again while the program runs; `nil` if they stay.
///   - clock: The time of day.
///   - logger: Receives the log.
/// - Throws: ``LedgerError`` if the database cannot be used, `FeedError` if a feed cannot.
func buildApplication(
    settings: ClassifierSettings,
    source: ConfigurationSource? = nil,
    clock: WallClock = .system,
    logger: Logger
) throws -> Application<RouteTable> {
    var options = LedgerOptions()
    options.commitInterval = settings.commitInterval
    options.commitRows = settings.commitRows
    options.retention = settings.retention
    options.now = { clock.seconds }
    let rules = try LiveRules(settings, clock: clock, logger: logger)
    let ledger = try Ledger(path: settings.database, options: options)
    let pipeline = Pipeline(
        ledger: ledger,
        classify: { Booking(classifying: $0, with: rules.rulebook) },
        clock: clock,
        logger: logger
    )
    let requests = RequestMeter()
    let started = clock.seconds
    let page = MetricsPage(ledger: ledger, pipeline: pipeline, requests: requests, rules: rules, started: started)
    let routes =
        [
            IngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            LegacyIngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            MetricsRoute(page: page).route,
            UsageRoute(ledger: ledger, clock: clock).route,
            StatusRoute(ledger: ledger, path: settings.database, pipeline: pipeline, rules: rules, started: started)
                .route,
            ExplainRoute(ledger: ledger, rules: rules, clock: clock).route,
            BackupRoute(ledger: ledger, logger: logger).route,
            OpenAPIRoute().route,
        ] + HealthRoutes(pipeline: pipeline).routes

    var services: [any Service] = [
        LedgerService(ledger: ledger, logger: logger), UpkeepService(ledger: ledger, logger: logger),
    ]
    if let source { services.append(Reloader(path: source.path, resolve: source.resolve, rules: rules)) }

    // Hummingbird's own lines repeat ours, so they show from `debug` on.
    var serverLogger = logger
    if logger.logLevel > .debug { serverLogger.logLevel = max(logger.logLevel, .warning) }
    return Application(
        responder: RouteTable(routes, meter: requests, logger: logger),
        // Longer than any agent's interval, so that its connection stays; short enough that a client which stops
        // in the middle of a request does not keep it.
        server: .http1(configuration: .init(idleTimeout: .seconds(90))),
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
                    "database": "\(settings.database)",
                    "series": "\(ledger.podCounters().labels.count)",
                ]
            )
        },
        logger: serverLogger
    )
}

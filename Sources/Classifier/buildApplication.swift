// SPDX-License-Identifier: Apache-2.0
import Classification
import Hummingbird
import Ledger
import Logging
import NIOCore
import Settings

/// Assembles the classifier: the same for production and for tests.
///
/// The ledger is open when this returns; it is closed when the application has run.
///
/// - Parameters:
///   - settings: What the operator chose.
///   - clock: The time of day.
///   - logger: Receives the log.
/// - Throws: ``LedgerError`` if the database cannot be used, `FeedError` if a feed cannot.
func buildApplication(
    settings: ClassifierSettings,
    clock: WallClock = .system,
    logger: Logger
) throws -> Application<RouteTable> {
    var options = LedgerOptions()
    options.commitInterval = settings.commitInterval
    options.commitRows = settings.commitRows
    options.now = { clock.seconds }
    let rulebook = try Rulebook(settings)
    let ledger = try Ledger(path: settings.database, options: options)
    let pipeline = Pipeline(
        ledger: ledger,
        classify: { Booking(classifying: $0, with: rulebook) },
        clock: clock,
        logger: logger
    )
    let requests = RequestMeter()
    let started = clock.seconds
    let page = MetricsPage(ledger: ledger, pipeline: pipeline, requests: requests, started: started)
    let routes =
        [
            IngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            LegacyIngestRoute(pipeline: pipeline, maxBody: settings.maxBody).route,
            MetricsRoute(page: page).route,
            UsageRoute(ledger: ledger, clock: clock).route,
            StatusRoute(ledger: ledger, path: settings.database, pipeline: pipeline, started: started).route,
        ] + HealthRoutes(pipeline: pipeline).routes

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
        services: [LedgerService(ledger: ledger, logger: logger)],
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

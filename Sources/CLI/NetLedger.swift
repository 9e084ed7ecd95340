// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The program `netledger`: asks a classifier, and runs the whole system on one host.
@main
struct NetLedger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netledger",
        abstract: "Ask how many bytes every pod or unit sent and received, where to, and since when.",
        discussion: """
            Meter this host and watch:
              netledger run

            Ask a classifier that is running:
              netledger usage --by namespace --last 1h
              netledger usage --by pod,scope --where namespace=system.slice --last 1d
              netledger status
              netledger explain 203.0.113.9 --region eu-west-1 --zone eu-west-1a

            Copy the ledger while it is in use, and check a copy:
              netledger backup netledger-backup.db
              netledger ledger check netledger-backup.db

            Check a configuration before it is used:
              netledger config check classifier.yaml

            Check whether this node can be metered, and how exactly:
              netledger doctor
            """,
        version: "0.1.0",
        subcommands: [
            UsageCommand.self, CostsCommand.self, NATCommand.self, DiffCommand.self, ExportCommand.self,
            AllocateCommand.self, CloseCommand.self,
            PricesCommand.self, ExplainCommand.self, StatusCommand.self, TopCommand.self, RunCommand.self,
            ConfigCommand.self, DoctorCommand.self, BackupCommand.self, LedgerCommand.self,
        ]
    )
}

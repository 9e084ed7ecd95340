// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
public import Queries

extension AnswerFormat: ExpressibleByArgument {}
extension ByteUnits: ExpressibleByArgument {}
extension CostQuery.Order: ExpressibleByArgument {}
extension DiffQuery.Order: ExpressibleByArgument {}

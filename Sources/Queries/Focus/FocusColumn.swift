// SPDX-License-Identifier: Apache-2.0

/// The columns of FOCUS 1.2 and what their values must look like; see https://focus.finops.org.
public enum FocusColumn {
    /// What a column holds.
    enum Kind: Hashable {
        case text
        case decimal
        /// `yyyy-mm-ddThh:mm:ssZ`.
        case time
        /// A code of three capital letters.
        case currency
        /// A flat JSON object.
        case tags
        /// A JSON object, which may hold others.
        case object
        /// One of these.
        case choice([String])
    }

    /// A rule for one column.
    struct Rule {
        var name: String
        var kind: Kind
        /// True if every dataset has the column.
        var isMandatory = false
        /// True if a row may have no value in it.
        var mayBeNull = true
    }

    private static func must(_ name: String, _ kind: Kind, mayBeNull: Bool = false) -> Rule {
        Rule(name: name, kind: kind, isMandatory: true, mayBeNull: mayBeNull)
    }

    private static func may(_ name: String, _ kind: Kind = .text) -> Rule {
        Rule(name: name, kind: kind)
    }

    /// All 57, in alphabetical order.
    static let rules: [Rule] = [
        may("AvailabilityZone"), must("BilledCost", .decimal), must("BillingAccountId", .text),
        must("BillingAccountName", .text, mayBeNull: true), may("BillingAccountType"),
        must("BillingCurrency", .currency), must("BillingPeriodEnd", .time), must("BillingPeriodStart", .time),
        may("CapacityReservationId"), may("CapacityReservationStatus", .choice(["Used", "Unused"])),
        must("ChargeCategory", .choice(["Usage", "Purchase", "Tax", "Credit", "Adjustment"])),
        must("ChargeClass", .choice(["Correction"]), mayBeNull: true),
        must("ChargeDescription", .text, mayBeNull: true),
        may("ChargeFrequency", .choice(["One-Time", "Recurring", "Usage-Based"])),
        must("ChargePeriodEnd", .time), must("ChargePeriodStart", .time),
        may("CommitmentDiscountCategory", .choice(["Spend", "Usage"])), may("CommitmentDiscountId"),
        may("CommitmentDiscountName"), may("CommitmentDiscountQuantity", .decimal),
        may("CommitmentDiscountStatus", .choice(["Used", "Unused"])), may("CommitmentDiscountType"),
        may("CommitmentDiscountUnit"), may("ConsumedQuantity", .decimal), may("ConsumedUnit"),
        must("ContractedCost", .decimal), may("ContractedUnitPrice", .decimal), must("EffectiveCost", .decimal),
        may("InvoiceId"), must("InvoiceIssuerName", .text), must("ListCost", .decimal), may("ListUnitPrice", .decimal),
        may("PricingCategory", .choice(["Standard", "Dynamic", "Committed", "Other"])),
        may("PricingCurrency", .currency), may("PricingCurrencyContractedUnitPrice", .decimal),
        may("PricingCurrencyEffectiveCost", .decimal), may("PricingCurrencyListUnitPrice", .decimal),
        must("PricingQuantity", .decimal, mayBeNull: true), must("PricingUnit", .text, mayBeNull: true),
        must("ProviderName", .text), must("PublisherName", .text), may("RegionId"), may("RegionName"),
        may("ResourceId"), may("ResourceName"), may("ResourceType"),
        must("ServiceCategory", .choice(serviceCategories)), must("ServiceName", .text), may("ServiceSubcategory"),
        may("SkuId"), may("SkuMeter"), may("SkuPriceDetails", .tags), may("SkuPriceId"), may("SubAccountId"),
        may("SubAccountName"), may("SubAccountType"), may("Tags", .tags),
    ]

    /// What 1.3 adds for the parts of a charge that was split.
    static let allocation: [Rule] = [
        may("AllocatedMethodDetails", .object), may("AllocatedMethodId"), may("AllocatedResourceId"),
        may("AllocatedResourceName"), may("AllocatedTags", .tags), may("ContractApplied", .object),
        may("HostProviderName"), may("ServiceProviderName"),
    ]

    /// The columns of the parts of a charge that was split.
    static let splitNames = [
        "AllocatedMethodDetails", "AllocatedMethodId", "AllocatedResourceId", "AllocatedResourceName", "AllocatedTags",
    ]

    /// The columns whose values add up: those of a split charge's parts are the charge's together.
    static let sums: Set<String> = [
        "BilledCost", "CommitmentDiscountQuantity", "ConsumedQuantity", "ContractedCost", "EffectiveCost", "ListCost",
        "PricingCurrencyEffectiveCost", "PricingQuantity",
    ]

    private static let serviceCategories = [
        "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
        "Multicloud", "Identity", "Integration", "Internet of Things", "Management and Governance", "Media",
        "Migration", "Mobile", "Networking", "Security", "Storage", "Web", "Other",
    ]
}

// SPDX-License-Identifier: Apache-2.0

/// Documents in the published shapes, made by hand.
enum Samples {
    static let aws = """
        {
          "syncToken": "1767571200",
          "createDate": "2026-01-05-00-00-00",
          "prefixes": [
            {"ip_prefix": "52.216.0.0/15", "region": "us-east-1", "service": "AMAZON", "network_border_group": "us-east-1"},
            {"ip_prefix": "52.216.0.0/15", "region": "us-east-1", "service": "S3", "network_border_group": "us-east-1"},
            {"ip_prefix": "52.216.0.0/15", "region": "us-east-1", "service": "EC2", "network_border_group": "us-east-1"},
            {"ip_prefix": "52.216.8.0/24", "region": "us-east-1", "service": "EC2", "network_border_group": "us-east-1"},
            {"ip_prefix": "52.94.0.0/22", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
            {"ip_prefix": "52.94.0.0/24", "region": "eu-west-1", "service": "DYNAMODB", "network_border_group": "eu-west-1"},
            {"ip_prefix": "54.72.0.0/15", "region": "eu-west-1", "service": "AMAZON", "network_border_group": "eu-west-1"},
            {"ip_prefix": "54.72.0.0/15", "region": "eu-west-1", "service": "EC2", "network_border_group": "eu-west-1"},
            {"ip_prefix": "13.32.0.0/15", "region": "GLOBAL", "service": "AMAZON", "network_border_group": "GLOBAL"},
            {"ip_prefix": "13.32.0.0/15", "region": "GLOBAL", "service": "CLOUDFRONT", "network_border_group": "GLOBAL"},
            {"ip_prefix": "15.177.0.0/18", "region": "GLOBAL", "service": "ROUTE53_HEALTHCHECKS_PUBLISHING", "network_border_group": "GLOBAL"}
          ],
          "ipv6_prefixes": [
            {"ipv6_prefix": "2600:1f18::/33", "region": "us-east-1", "service": "AMAZON", "network_border_group": "us-east-1"},
            {"ipv6_prefix": "2600:1f18::/33", "region": "us-east-1", "service": "EC2", "network_border_group": "us-east-1"},
            {"ipv6_prefix": "2600:1ff8:4000::/40", "region": "us-east-1", "service": "S3", "network_border_group": "us-east-1"}
          ]
        }
        """

    static let gcp = """
        {
          "syncToken": "1767571200123",
          "creationTime": "2026-01-04T16:00:00.123456",
          "prefixes": [
            {"ipv4Prefix": "34.1.208.0/20", "service": "Google Cloud", "scope": "africa-south1"},
            {"ipv4Prefix": "34.22.128.0/17", "service": "Google Cloud", "scope": "europe-west1"},
            {"ipv6Prefix": "2600:1900:4010::/44", "service": "Google Cloud", "scope": "europe-west1"},
            {"ipv4Prefix": "34.128.32.0/22", "service": "Google Cloud", "scope": "global"}
          ]
        }
        """

    static let google = """
        {
          "syncToken": "1767571200123",
          "creationTime": "2026-01-04T16:00:00.123456",
          "prefixes": [
            {"ipv4Prefix": "34.0.0.0/10"},
            {"ipv4Prefix": "142.250.0.0/15"},
            {"ipv6Prefix": "2600:1900::/28"},
            {"ipv6Prefix": "2001:4860::/32"}
          ]
        }
        """

    static let azure = """
        {
          "changeNumber": 345,
          "cloud": "Public",
          "values": [
            {"name": "AzureCloud", "id": "AzureCloud", "properties": {"changeNumber": 9, "region": "", "regionId": 0,
              "platform": "Azure", "systemService": "", "addressPrefixes": ["20.38.64.0/19", "20.60.0.0/24"],
              "networkFeatures": ["API", "NSG"]}},
            {"name": "AzureCloud.westus2", "id": "AzureCloud.westus2", "properties": {"changeNumber": 9,
              "region": "westus2", "regionId": 5, "platform": "Azure", "systemService": "",
              "addressPrefixes": ["20.38.98.0/24", "2603:1030:c00::/48"], "networkFeatures": null}},
            {"name": "Storage", "id": "Storage", "properties": {"changeNumber": 9, "region": "", "regionId": 0,
              "platform": "Azure", "systemService": "AzureStorage", "addressPrefixes": ["20.38.98.0/24", "20.60.0.0/24"],
              "networkFeatures": ["API"]}},
            {"name": "Storage.WestUS2", "id": "Storage.WestUS2", "properties": {"changeNumber": 9, "region": "westus2",
              "regionId": 5, "platform": "Azure", "systemService": "AzureStorage",
              "addressPrefixes": ["20.38.99.0/24", "20.38.98.0/24"], "networkFeatures": ["API"]}},
            {"name": "Sql.CentralFrance", "id": "Sql.CentralFrance", "properties": {"changeNumber": 9,
              "region": "centralfrance", "regionId": 5, "platform": "Azure", "systemService": "AzureSQL",
              "addressPrefixes": ["20.43.47.192/26"], "networkFeatures": []}},
            {"name": "AzureFrontDoor.Frontend", "id": "AzureFrontDoor.Frontend", "properties": {"changeNumber": 9,
              "region": "", "regionId": 0, "platform": "Azure", "systemService": "AzureFrontDoor",
              "addressPrefixes": ["13.107.208.0/24"], "networkFeatures": []}}
          ]
        }
        """
}

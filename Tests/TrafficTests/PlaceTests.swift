// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

@Suite struct PlaceTests {
    @Test(
        arguments: [
            ("r", "a", "r", "a", .sameZone),
            ("r", "a", "r", "b", .sameRegion),
            ("r", "a", "s", "a", .crossRegion),
            ("r", "a", "s", "b", .crossRegion),
            ("r", nil, "s", nil, .crossRegion),
            ("r", nil, "r", nil, .unknown),
            ("r", "a", "r", nil, .unknown),
            ("r", nil, "r", "a", .unknown),
            (nil, "a", nil, "a", .sameZone),
            (nil, "a", nil, "b", .unknown),
            ("r", "a", nil, "a", .unknown),
            (nil, "a", "r", "a", .unknown),
            (nil, nil, nil, nil, .unknown),
            ("r", "a", nil, nil, .unknown),
            (nil, nil, "r", "a", .unknown),
            ("r", "a", "R", "a", .unknown),
            ("r", "a", "R", "b", .unknown),
            ("r", "a", "r", "A", .unknown),
            (nil, "a", nil, "A", .unknown),
            ("é", "a", "É", "a", .crossRegion),
            ("", "", "", "", .unknown),
            ("r", "", "r", "", .unknown),
            ("", "a", "", "a", .sameZone),
        ] as [(String?, String?, String?, String?, Scope)]
    )
    func scope(region: String?, zone: String?, otherRegion: String?, otherZone: String?, expected: Scope) {
        let place = Place(region: region, zone: zone)
        let other = Place(region: otherRegion, zone: otherZone)
        #expect(place.scope(to: other) == expected)
        #expect(other.scope(to: place) == expected, "the scope is the same from either side")
    }

    @Test func unknownIsNotNearItself() {
        #expect(Place.unknown.scope(to: .unknown) == .unknown)
    }

    @Test func emptyNamesAreUnknown() {
        let place = Place(region: "", zone: "")
        #expect(place.region == nil && place.zone == nil)
    }
}

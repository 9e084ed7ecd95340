// SPDX-License-Identifier: Apache-2.0
import Pricing
import Settings

/// A price book is refused in a sentence that names the file, or it is read the same way twice.
enum PricesProperty {
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        let text = String(decoding: bytes, as: UTF8.self)
        do throws(SettingsError) {
            let (book, again) = (try PriceBook(path: "f.yaml", text: text), try PriceBook(path: "f.yaml", text: text))
            guard book == again else { throw SettingsError(.flag("prices"), "two readings differ") }
        } catch {
            try SettingsProperty.expectSentence(error)
        }
    }
}

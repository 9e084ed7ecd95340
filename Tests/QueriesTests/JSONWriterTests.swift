// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import TestSupport
import Testing

@Suite struct JSONWriterTests {
    @Test func valuesOfEveryKind() {
        var json = JSONWriter()
        json.beginObject()
        json.member("text", "a\"b\\c\n\t\u{0}\u{1f}\u{7f}/é\u{1f600}")
        json.member("most", UInt64.max)
        json.member("least", Int64.min)
        json.key("flag")
        json.value(true)
        json.key("none")
        json.null()
        json.key("list")
        json.beginArray()
        json.value(0)
        json.beginArray()
        json.endArray()
        json.beginObject()
        json.endObject()
        json.value(false)
        json.endArray()
        json.endObject()
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"text":"a\"b\\c\u000a\u0009\u0000\u001f"# + "\u{7f}" + #"/é😀","most":18446744073709551615,"#
                + #""least":-9223372036854775808,"flag":true,"none":null,"list":[0,[],{},false]}"#
        )
    }

    @Test func everyStringComesBackThroughAnotherReader() throws {
        var random = SeededRandom()
        for _ in 0..<500 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let value = UInt32.random(in: 0...(Bool.random(using: &random) ? 0x7f : 0x10_ffff), using: &random)
                if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
            }
            let text = String(scalars)
            var json = JSONWriter()
            json.beginObject()
            json.member(text, text)
            json.endObject()
            let parsed = try JSONDecoder().decode([String: String].self, from: Data(json.bytes))
            #expect(parsed.first?.value.unicodeScalars.elementsEqual(scalars) == true, "seed \(random.seed)")
        }
    }

    @Test func aProblemNamesWhatIsWrong() throws {
        let problem = Problem(QueryError(parameter: "step", detail: "is \"odd\""))
        #expect(
            String(decoding: problem.json(), as: UTF8.self)
                == #"{"type":"about:blank","title":"The query is not valid","status":400,"#
                + #""detail":"'step': is \"odd\"","parameter":"step"}"#
        )
        let field = Problem(status: 413, title: "Too large", detail: "d", field: "flows")
        #expect(
            String(decoding: field.json(), as: UTF8.self)
                == #"{"type":"about:blank","title":"Too large","status":413,"detail":"d","field":"flows"}"#
        )
        #expect(field.description == "d")
    }
}

# SPDX-License-Identifier: Apache-2.0
# Turns the structs that are in pinned maps around, last field first, and puts fields nobody knows before and between:
# slots of 128 bytes, readings of 96. What the program asserts of their sizes does not hold then.
/^_Static_assert/ { next }
/^struct flow_(key|source|counters|slot|loss_counters|reading|journal) \{/ {
	print
	inside = 1
	fields = ""
	if ($2 == "flow_slot") fields = "\t__u64 spare_words[8];\n"
	if ($2 == "flow_reading") fields = "\t__u64 spare_words[4];\n"
	if ($2 == "flow_loss_counters") fields = "\t__u32 spare_word;\n"
	if ($2 == "flow_journal") fields = "\t__u8 spare_byte;\n"
	next
}
inside && /^};/ {
	printf "%s%s\n", fields, $0
	inside = 0
	next
}
inside {
	# A comment may go on in the next line.
	field = field $0 "\n"
	if (index(field, "/*") && !index(field, "*/")) next
	fields = field fields
	field = ""
	next
}
{ print }

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kin/kin.h"

/* "new<old …" of the pairs. */
static const char *
join(const char *const old[][2], size_t n_old, const char *const new[][2],
    size_t n_new)
{
	static char out[100];
	struct gv_kin_marks marks[16];
	struct gv_kin_pairs pairs;
	size_t i, len = 0;

	for (i = 0; i < n_old; i++)
		assert_int_equal(gv_kin_mark(&marks[i], old[i][0], old[i][1],
				     strlen(old[i][1])),
		    0);
	for (i = 0; i < n_new; i++)
		assert_int_equal(gv_kin_mark(&marks[n_old + i], new[i][0],
				     new[i][1], strlen(new[i][1])),
		    0);
	assert_int_equal(
	    gv_kin_join(&pairs, marks, n_old, marks + n_old, n_new), 0);
	out[0] = '\0';
	for (i = 0; i < pairs.n; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%u<%u",
		    i ? " " : "", pairs.items[i].new, pairs.items[i].old);
	free(pairs.items);
	for (i = 0; i < n_old + n_new; i++)
		gv_kin_release(&marks[i]);
	return out;
}

#define JOIN(old, new)                                                         \
	join((old), sizeof(old) / sizeof((old)[0]), (new),                     \
	    sizeof(new) / sizeof((new)[0]))

static const char *const before[][2] = {
	{ "lib/order.php",
	    "<?php function parseOrder($orderLine) {\n"
	    "  $customerName = trim($orderLine['customer']);\n"
	    "  if ($customerName == 'unknown customer') return null;\n"
	    "  return new OrderRecord($customerName, taxRate());\n}\n" },
	{ "lib/invoice.php",
	    "<?php function printInvoice($invoiceNumber) {\n"
	    "  echo \"invoice number\", $invoiceNumber;\n"
	    "  foreach (fetchPositions($invoiceNumber) as $position)\n"
	    "    echo $position->amount, $position->currency;\n}\n" },
};

static const char *const after[][2] = {
	{ "src/bill.rs",
	    "pub fn print_invoice(invoice_number: u32) {\n"
	    "    println!(\"{}\", \"invoice number\");\n"
	    "    for position in fetch_positions(invoice_number) {\n"
	    "        println!(\"{} {}\", position.amount, position.currency);\n"
	    "    }\n}\n" },
	{ "src/main.rs",
	    "mod bill;\nmod order;\nfn main() { std::process::exit(0) }\n" },
	{ "src/order.rs",
	    "pub fn parse_order(order_line: &Map) -> Option<OrderRecord> {\n"
	    "    let customer_name = order_line[\"customer\"].trim();\n"
	    "    if customer_name == \"unknown customer\" { return None; }\n"
	    "    Some(OrderRecord::new(customer_name, tax_rate()))\n}\n" },
};

static void
a_file_is_known_in_another_language(void **state)
{
	(void)state;
	assert_string_equal(JOIN(before, after), "0<1 2<0");
}

static void
a_file_may_have_two_heirs_but_one_predecessor(void **state)
{
	const char *const twice[][2] = { { "a.rs", after[2][1] },
		{ "b.rs", after[2][1] } };

	(void)state;
	assert_string_equal(JOIN(before, twice), "0<0 1<0");
}

static void
what_all_files_have_joins_none(void **state)
{
	static const char licence[] =
	    "import os, sys, re, json, time, math, random, string, errno\n";
	const char *const old[][2] = { { "a.py", licence }, { "b.py", licence },
		{ "c.py", licence }, { "d.py", licence } };
	const char *const new[][2] = { { "x.py", licence }, { "y.py", licence },
		{ "z.py",
		    "import os, sys, re, json, time, math, random, string\n"
		    "frobnicate widget gadget sprocket flange gasket rivet\n"
		    "grommet bushing spindle ratchet pawl cotter dowel\n" } };

	(void)state;
	/* equal files are equal, but z has the imports alone in common */
	assert_string_equal(JOIN(old, new), "0<0 1<0");
}

static void
names_are_cut_into_their_parts(void **state)
{
	static const char *const same[] = { "parse_order_line",
		"parseOrderLine", "ParseOrderLine", "PARSE_ORDER_LINE",
		"parse order line" };
	struct gv_kin_marks first, other;
	size_t i;

	(void)state;
	assert_int_equal(gv_kin_mark(&first, "", same[0], strlen(same[0])), 0);
	assert_int_equal(first.n, 3);
	for (i = 1; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(
		    gv_kin_mark(&other, "", same[i], strlen(same[i])), 0);
		assert_int_equal(other.n, 3);
		assert_memory_equal(
		    first.items, other.items, 3 * sizeof(*first.items));
		gv_kin_release(&other);
	}
	gv_kin_release(&first);
	/* HTTP, Server; "ab" is too short; 'tis not closed */
	assert_int_equal(
	    gv_kin_mark(&first, "", "HTTPServer ab 'tis\n", 19), 0);
	assert_int_equal(first.n, 3);
	gv_kin_release(&first);
}

static void
nothing_is_joined_with_nothing(void **state)
{
	struct gv_kin_pairs pairs;
	struct gv_kin_marks none = { .items = NULL };

	(void)state;
	assert_int_equal(gv_kin_join(&pairs, NULL, 0, NULL, 0), 0);
	assert_int_equal(pairs.n, 0);
	assert_int_equal(gv_kin_mark(&none, "a.c", "", 0), 0);
	assert_int_equal(gv_kin_join(&pairs, &none, 1, &none, 1), 0);
	assert_int_equal(pairs.n, 0);
	gv_kin_release(&none);
}

UNIT(kin)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_known_in_another_language),
		cmocka_unit_test(a_file_may_have_two_heirs_but_one_predecessor),
		cmocka_unit_test(what_all_files_have_joins_none),
		cmocka_unit_test(names_are_cut_into_their_parts),
		cmocka_unit_test(nothing_is_joined_with_nothing),
	};

	return UNIT_RUN(tests);
}

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect/sweep_internal.h"

#define TOKEN "cioNqVwYS81VP7Hb1DX8pPd5khxE3pyIgKp"
#define REST  "Hm8j9XQX3sLxLFWvTZL244e101AKYgzlq1rKrcD7VPfgv"

static void
expect(const char *text, const char *left)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	gv_sweep_text_blank(copy, strlen(copy));
	assert_string_equal(copy, left);
	free(copy);
}

static void
what_a_signature_holds_is_no_token(void **state)
{
	char text[400], left[600], blank[83];

	(void)state;
	memset(blank, ' ', sizeof(blank));
	blank[82] = '\0';
	assert_int_equal(strlen("/" TOKEN "+" REST), 82);
	snprintf(text, sizeof(text),
	    "prod\n{\"sig\":\"/" TOKEN "+" REST "\"} "
	    "Vault-Signature: /" TOKEN "+" REST "\nssh-ed25519 /" TOKEN
	    "+" REST);
	snprintf(left, sizeof(left),
	    "prod\n{\"sig\":\"%s\"} Vault-Signature: %s\nssh-ed25519 %s", blank,
	    blank, blank);
	expect(text, left);
}

static void
all_else_stays(void **state)
{
	(void)state;
	expect("", "");
	expect("\"sig\":\"", "\"sig\":\"");
	expect("\"sig\":\"" TOKEN "\"", "\"sig\":\"" TOKEN "\"");
	expect("\"signature\":\"/" TOKEN "+" REST "\"",
	    "\"signature\":\"/" TOKEN "+" REST "\"");
	expect("ssh-ed25519 " TOKEN " " REST, "ssh-ed25519 " TOKEN " " REST);
	expect("\"sig\":\"" TOKEN REST TOKEN REST TOKEN "\"",
	    "\"sig\":\"" TOKEN REST TOKEN REST TOKEN "\"");
}

UNIT(sweep_text)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_signature_holds_is_no_token),
		cmocka_unit_test(all_else_stays),
	};

	return UNIT_RUN(tests);
}

#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sops.h"

static const unsigned char key[] = "ffffffffffffffffffffffffffffffff";

/* Of the tests of SOPS itself. */
#define VALUE                                                                  \
	"ENC[AES256_GCM,data:oYyi,"                                            \
	"iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,"                     \
	"tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]"

static int
try(struct gv_secret *out, const char *place, const char *text)
{
	const int r = gv_sops_open(out, key, place, text, strlen(text));

	if (r < 0)
		assert_int_equal(out->len, 0);
	return r;
}

static void
opens_what_sops_made(void **state)
{
	struct gv_secret out = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_ready(), 0);
	assert_true(gv_sops_is(VALUE, strlen(VALUE)));
	assert_int_equal(try(&out, "bar:", VALUE), 0);
	assert_int_equal(out.len, 3);
	assert_memory_equal(out.p, "foo", 3);
	gv_secret_release(&out);
}

static void
opens_nothing_at_another_place_or_changed(void **state)
{
	struct gv_secret out = GV_SECRET_INIT;
	char text[] = VALUE;
	size_t i, open = 0;

	(void)state;
	assert_int_equal(try(&out, "baz:", VALUE), GV_ECORRUPT);
	assert_int_equal(try(&out, "", VALUE), GV_ECORRUPT);
	/* each character: what opens still says the same */
	for (i = 0; i < strlen(VALUE); i++) {
		text[i] = (char)(text[i] ^ 1);
		if (i < strlen(VALUE) - 4 && try(&out, "bar:", text) == 0)
			open++;
		gv_secret_reset(&out);
		text[i] = VALUE[i];
	}
	/* bits of base64 that stand for nothing are refused, too */
	assert_int_equal(open, 0);
	gv_secret_release(&out);
}

static void
refuses_what_is_no_value(void **state)
{
	static const char *const texts[] = { "", "ENC[", "ENC[AES256_GCM,",
		"ENC[AES256_GCM,data:,iv:,tag:,type:str]",
		"ENC[AES256_GCM,data:oYyi,iv:AAAA,tag:AAAA,type:str]",
		"ENC[AES256_GCM,data:oYyi,tag:AAAA,iv:AAAA,type:str]",
		"ENC[AES256_GCM,data:oY*i,iv:AAAA,tag:AAAA,type:str]",
		VALUE "]", VALUE " " };
	struct gv_secret out = GV_SECRET_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(try(&out, "bar:", texts[i]), GV_ECORRUPT);
	gv_secret_release(&out);
}

/* The type is not part of what the tag vouches for. */
static void
a_value_is_of_the_type_that_it_names(void **state)
{
	static const struct {
		const char *text; /* up to the type */
		const char *type;
		int r;
	} rows[] = {
#define INT                                                                    \
	"ENC[AES256_GCM,data:f1czLA==,iv:AQEBAQEBAQEBAQEBAQEBAQEB"             \
	"AQEBAQEBAQEBAQEBAQE=,tag:GT2hKpCKUTMMCdLHCCMtGQ==,type:"
#define FLOAT                                                                  \
	"ENC[AES256_GCM,data:q/X2zAi4,iv:AgICAgICAgICAgICAgICAgIC"             \
	"AgICAgICAgICAgICAgI=,tag:eVjdag5LSjh7FgtvFP4NKA==,type:"
#define BOOL                                                                   \
	"ENC[AES256_GCM,data:IezuWA==,iv:AwMDAwMDAwMDAwMDAwMDAwMD"             \
	"AwMDAwMDAwMDAwMDAwM=,tag:a6yZVjcUw2vWdwu0JFJmVQ==,type:"
#define INFINITE                                                               \
	"ENC[AES256_GCM,data:Fq6IWw==,iv:BAQEBAQEBAQEBAQEBAQEBAQE"             \
	"BAQEBAQEBAQEBAQEBAQ=,"                                                \
	"tag:XvRyrN0gOi1yN8Upk1wbyg==,type:"
#define ODD                                                                    \
	"ENC[AES256_GCM,data:FURJlA==,iv:BQUFBQUFBQUFBQUFBQUFBQUF"             \
	"BQUFBQUFBQUFBQUFBQU=,"                                                \
	"tag:3OpPb4u6/bdkJMCc8MQOKw==,type:"
		{ INT, "int]", GV_SOPS_INT },          /* 5432 */
		{ INFINITE, "float]", GV_SOPS_FLOAT }, /* -Inf */
		{ ODD, "float]", GV_ECORRUPT },        /* xNaN */
		{ INT, "float]", GV_SOPS_FLOAT },
		{ INT, "bool]", GV_ECORRUPT },
		{ FLOAT, "float]", GV_SOPS_FLOAT }, /* -1.5e3 */
		{ FLOAT, "int]", GV_ECORRUPT },
		{ BOOL, "bool]", GV_SOPS_BOOL }, /* True */
		{ BOOL, "int]", GV_ECORRUPT },
		{ BOOL, "float]", GV_ECORRUPT },
		{ BOOL, "str]", GV_SOPS_TEXT },
#undef INT
#undef FLOAT
#undef BOOL
#undef INFINITE
#undef ODD
	};
	struct gv_secret out = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		gv_buf_reset(&text);
		gv_buf_addf(&text, "%s%s", rows[i].text, rows[i].type);
		assert_int_equal(try(&out, "bar:", text.p), rows[i].r);
		gv_secret_reset(&out);
	}
	gv_buf_release(&text);
	gv_secret_release(&out);
}

UNIT(sops)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_what_sops_made),
		cmocka_unit_test(opens_nothing_at_another_place_or_changed),
		cmocka_unit_test(refuses_what_is_no_value),
		cmocka_unit_test(a_value_is_of_the_type_that_it_names),
	};

	return UNIT_RUN(tests);
}

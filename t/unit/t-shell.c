#include "unit.h"

#include "base/buf.h"
#include "base/shell.h"

static void
quotes_only_what_a_shell_would_change(void **state)
{
	static const struct {
		const char *word, *text;
	} cases[] = {
		{ "latest", " latest" },
		{ "tag:v1.2", " tag:v1.2" },
		{ "latest~2", " 'latest~2'" },
		{ "a b", " 'a b'" },
		{ "", " ''" },
		{ "$(rm x)", " '$(rm x)'" },
		{ "it's", " 'it'\\''s'" },
		{ "*.tf", " '*.tf'" },
		{ "a\nb", " 'a\nb'" },
		{ "\xc3\xa9", " '\xc3\xa9'" },
	};
	struct gv_buf out = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gv_buf_reset(&out);
		gv_shell_word(&out, cases[i].word);
		assert_string_equal(out.p, cases[i].text);
	}
	gv_buf_release(&out);
}

static void
a_quoted_word_is_always_quoted(void **state)
{
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	gv_shell_quote(&out, "latest");
	gv_shell_quote(&out, "it's");
	gv_shell_quote(&out, "");
	assert_string_equal(out.p, "'latest''it'\\''s'''");
	gv_buf_release(&out);
}

UNIT(shell)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_only_what_a_shell_would_change),
		cmocka_unit_test(a_quoted_word_is_always_quoted),
	};

	return UNIT_RUN(tests);
}

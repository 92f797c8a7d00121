#include "unit.h"

#include <string.h>

#include "git-vault/front/ask.h"

/* All sixteen places: only one of them lets a question be put. */
static void
a_question_needs_all_four(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < 16; i++) {
		const struct gv_ask_place place = {
			.stdin_is_terminal = i & 1,
			.stderr_is_terminal = i & 2,
			.is_hook = i & 4,
			.is_ci = i & 8,
		};

		assert_int_equal(gv_ask_decide(&place), i == 3);
	}
}

static const char *set;

static const char *
only(const char *name)
{
	return set && strcmp(name, set) == 0 ? "x" : NULL;
}

static void
a_hook_is_known_by_its_variables(void **state)
{
	static const char *const marks[] = { "GIT_VAULT_HOOK", "GIT_INDEX_FILE",
		"GIT_QUARANTINE_PATH", "GIT_PUSH_OPTION_COUNT",
		"GIT_REFLOG_ACTION" };
	static const char *const others[] = { "GIT_DIR", "GIT_EXEC_PATH",
		"GIT_PREFIX", "GIT_WORK_TREE", "CI" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		set = marks[i];
		assert_true(gv_ask_is_hook(only));
	}
	for (i = 0; i < sizeof(others) / sizeof(*others); i++) {
		set = others[i];
		assert_false(gv_ask_is_hook(only));
	}
	set = NULL;
	assert_false(gv_ask_is_hook(only));
}

UNIT(ask)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_needs_all_four),
		cmocka_unit_test(a_hook_is_known_by_its_variables),
	};

	return UNIT_RUN(tests);
}

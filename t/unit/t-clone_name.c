#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/share/clone_name.h"

static void
named(const char *url, const char *expect)
{
	struct gv_buf b = GV_BUF_INIT;

	assert_int_equal(gv_clone_name(&b, url), 0);
	assert_string_equal(b.p, expect);
	gv_buf_release(&b);
}

static void
the_last_part_names_it(void **state)
{
	(void)state;
	named("https://host/team/infra.git", "infra");
	named("https://host/team/infra.git/", "infra");
	named("git@host:infra.git", "infra");
	named("ssh://git@host:2222/~ann/infra", "infra");
	named("/srv/infra/.git", "infra");
	named("../backup/sunday.bundle", "sunday");
	named("infra", "infra");
}

static void
what_names_nothing_is_refused(void **state)
{
	static const char *const urls[] = { "", "/", "..", "https://", ".git",
		"host:", "/srv/..", "../" };
	struct gv_buf b = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_int_equal(gv_clone_name(&b, urls[i]), GV_EUSAGE);
		assert_int_equal(b.len, 0);
	}
}

UNIT(clone_name)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_part_names_it),
		cmocka_unit_test(what_names_nothing_is_refused),
	};

	return UNIT_RUN(tests);
}

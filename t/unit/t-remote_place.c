#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "remote/remote.h"
#include "repo/config.h"

static void
knows_one_place_by_many_addresses(void **state)
{
	static const char *const same[][2] = {
		{ "git@h:o/r.git", "https://h/o/r" },
		{ "ssh://git@h/o/r/", "git@h:o/r" },
		{ "ssh://a@h/srv/r", "ssh://b@h/srv/r" },
		{ "a@h:/srv/r", "b@h:/srv/r.git" },
		{ "ssh://git@h:2222/o/r", "https://h:8443/o/r" },
		{ "https://a:secret@h/o/r", "https://h/o/r.git/" },
		{ "ssh://[::1]:22/o/r", "https://[::1]/o/r" },
		{ "/srv/r.git", "file:///srv/r" },
		{ "../r", "../r/" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!gv_remote_is_same_place(same[i][0], same[i][1]) ||
		    !gv_remote_is_same_place(same[i][1], same[i][0]))
			fail_msg("%s is not %s", same[i][0], same[i][1]);
}

static void
tells_places_apart(void **state)
{
	static const char *const others[][2] = {
		{ "ssh://git@h:2222/o/r", "ssh://git@h:2223/o/r" },
		{ "http://h/o/r", "http://h:81/o/r" },
		{ "a@h:r", "b@h:r" },
		{ "git@h:o/r", "git@i:o/r" },
		{ "git@h:o/r", "git@h:o/s" },
		{ "ssh://[::1]:22/r", "ssh://[::2]:22/r" },
		{ "/srv/r", "/srv/s" },
		{ "h:r", "h" },
		{ "", "h" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (gv_remote_is_same_place(others[i][0], others[i][1]) ||
		    gv_remote_is_same_place(others[i][1], others[i][0]))
			fail_msg("%s is %s", others[i][0], others[i][1]);
}

/* The address by these lines of configuration, "KEY\nVALUE" each. */
static void
check_address(const char *const *lines, bool is_push, const char *expect)
{
	struct gv_config config = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT, url = GV_BUF_INIT;
	char *copy;
	size_t len;

	for (; *lines; lines++) {
		gv_buf_add(&text, "local", 6);
		gv_buf_add(&text, *lines, strlen(*lines) + 1);
	}
	len = text.len;
	copy = gv_buf_take(&text);
	assert_non_null(copy);
	assert_int_equal(gv_config_parse(&config, copy, len, false), 0);
	assert_int_equal(gv_remote_address(&url, &config, "o", is_push), 1);
	assert_string_equal(url.p, expect);
	gv_config_release(&config);
	gv_buf_release(&url);
}

static void
finds_the_address_that_git_takes(void **state)
{
	static const char *const plain[] = { "remote.p.url\nh:p",
		"remote.o.url\nh:r", NULL };
	static const char *const push[] = { "remote.o.url\nh:r",
		"remote.o.pushurl\ng:s", "url.x:.pushinsteadof\ng:", NULL };
	static const char *const several[] = { "remote.o.url\nh:r",
		"remote.o.url\nh:s", NULL };
	static const char *const other[] = { "remote.o.url\nh:r",
		"url.https://h/.insteadof\nh:",
		"url.ssh://h/.pushinsteadof\nh:", NULL };
	static const char *const both[] = { "remote.o.url\nh:a/r",
		"url.https://h/.insteadof\nh:", "url.k:.insteadof\nh:a/",
		NULL };

	(void)state;
	check_address(plain, false, "h:r");
	check_address(plain, true, "h:r");
	check_address(push, false, "h:r");
	check_address(push, true, "g:s");
	check_address(several, false, "h:r");
	check_address(other, false, "https://h/r");
	check_address(other, true, "ssh://h/r");
	check_address(both, false, "k:r");
	check_address(both, true, "k:r");
}

UNIT(remote_place)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_one_place_by_many_addresses),
		cmocka_unit_test(tells_places_apart),
		cmocka_unit_test(finds_the_address_that_git_takes),
	};

	return UNIT_RUN(tests);
}

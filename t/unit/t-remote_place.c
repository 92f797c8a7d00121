#include "unit.h"

#include "vault/remote.h"

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

UNIT(remote_place)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_one_place_by_many_addresses),
		cmocka_unit_test(tells_places_apart),
	};

	return UNIT_RUN(tests);
}

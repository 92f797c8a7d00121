#include "unit.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "sys/owner.h"

static void
names_and_numbers_go_both_ways(void **state)
{
	struct gv_owner o = GV_OWNER_INIT;
	const struct passwd *pw = getpwuid(0);
	const struct group *gr = getgrgid(0);
	char user[256], group[256];

	(void)state;
	assert_true(pw && gr);
	snprintf(user, sizeof(user), "%s", pw->pw_name);
	snprintf(group, sizeof(group), "%s", gr->gr_name);
	assert_string_equal(gv_owner_user(&o, 0), user);
	assert_string_equal(gv_owner_group(&o, 0), group);
	assert_int_equal(gv_owner_find_user(&o, user), 0);
	assert_int_equal(gv_owner_find_group(&o, group), 0);
	/* and again, from what is remembered */
	assert_string_equal(gv_owner_user(&o, 0), user);
	assert_int_equal(gv_owner_find_user(&o, user), 0);
	gv_owner_release(&o);
}

static void
who_has_no_name_has_a_number(void **state)
{
	struct gv_owner o = GV_OWNER_INIT;

	(void)state;
	assert_string_equal(gv_owner_user(&o, 3987654321u), "3987654321");
	assert_string_equal(gv_owner_group(&o, 3987654321u), "3987654321");
	assert_int_equal(gv_owner_find_user(&o, "3987654321"), 3987654321u);
	assert_int_equal(gv_owner_find_group(&o, "3987654321"), 3987654321u);
	gv_owner_release(&o);
}

static void
who_is_not_known_is_nobody(void **state)
{
	static const char *const names[] = { "nobody-has-this-name", "", "-1",
		"12x", "0x0", " 0", "+0", "4294967295", "4294967296",
		"18446744073709551616", "99999999999999999999999" };
	struct gv_owner o = GV_OWNER_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(gv_owner_find_user(&o, names[i]), (uid_t)-1);
		assert_int_equal(gv_owner_find_group(&o, names[i]), (gid_t)-1);
	}
	gv_owner_release(&o);
}

static void
a_number_asked_for_is_not_the_name(void **state)
{
	struct gv_owner o = GV_OWNER_INIT;

	(void)state;
	assert_int_equal(gv_owner_find_user(&o, "0"), 0);
	assert_string_equal(gv_owner_user(&o, 0), getpwuid(0)->pw_name);
	assert_int_equal(gv_owner_find_group(&o, "0"), 0);
	assert_string_equal(gv_owner_group(&o, 0), getgrgid(0)->gr_name);
	gv_owner_release(&o);
	gv_owner_release(&o);
	gv_owner_release(NULL);
}

UNIT(owner)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_go_both_ways),
		cmocka_unit_test(who_has_no_name_has_a_number),
		cmocka_unit_test(who_is_not_known_is_nobody),
		cmocka_unit_test(a_number_asked_for_is_not_the_name),
	};

	return UNIT_RUN(tests);
}

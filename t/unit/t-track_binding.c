/* lib/state/track_binding: a version is bound to everything that its commit
 * says, and to one key. Any other commit with its trailers does not match. */
#include "unit.h"

#include <string.h>

#include "key/idkey.h"
#include "state/track_binding.h"
#include "state/track_internal.h"
#include "toolstate/state.h"

static const unsigned char key[GV_DIGEST_KEY] = { 4, 5, 6 };
static const unsigned char other[GV_DIGEST_KEY] = { 7, 8, 9 };

#define assert_says(text, word) assert_non_null(strstr(text, word))

static struct gv_track_version
version(void)
{
	struct gv_track_version v = { .tree = { { 1 } },
		.previous = { { 2 } },
		.code = { { 3 } },
		.env = (char *)"prod",
		.stack = (char *)"net",
		.tool = (char *)"terraform",
		.lineage = (char *)"one",
		.format = 4,
		.has_serial = true,
		.serial = 12,
		.size = 256,
		.parts = 3,
		.items = 1,
		.time = 1700000000,
		.digest = { { 9, 8, 7 } },
		.key = "0123abcd",
		.sealed_for = { 5, 4 } };

	return v;
}

static void
bind(struct gv_track_version *v, const unsigned char *with)
{
	struct gv_idkey named;

	gv_idkey_set(&named, with);
	memcpy(v->bound_by, named.name, sizeof(v->bound_by));
	gv_track_binding_make(&v->binding, v, with);
}

static void
fits_what_it_was_made_of(void **state)
{
	struct gv_track_version v = version();

	(void)state;
	assert_int_equal(gv_track_binding_of(&v, key), GV_TRACK_UNBOUND);
	assert_int_equal(gv_track_binding_of(&v, NULL), GV_TRACK_UNBOUND);
	bind(&v, key);
	assert_int_equal(gv_track_binding_of(&v, key), GV_TRACK_BOUND);
	assert_int_equal(gv_track_binding_of(&v, NULL), GV_TRACK_UNCHECKED);
	assert_int_equal(gv_track_binding_of(&v, other), GV_TRACK_BOUND_ELSE);
	v.binding.bytes[19] ^= 1;
	assert_int_equal(gv_track_binding_of(&v, key), GV_TRACK_FORGED);
}

/* One change each, of all that a commit says. */
static unsigned char *
byte_at(struct gv_track_version *v, int i)
{
	unsigned char *const bytes[] = { &v->tree.id[19], &v->previous.id[0],
		&v->code.id[0], &v->rules.id[0], &v->digest.bytes[0],
		&v->sealed_for[31], (unsigned char *)&v->key[0],
		&v->also.id[0] };

	return i < 8 ? bytes[i] : NULL;
}

static char **
text_at(struct gv_track_version *v, int i)
{
	char **const texts[] = { &v->env, &v->stack, &v->tool, &v->writer,
		&v->lineage, &v->host, &v->snapshot, &v->forced, &v->damage };

	return i < 9 ? texts[i] : NULL;
}

static uint64_t *
number_at(struct gv_track_version *v, int i)
{
	uint64_t *const numbers[] = { &v->serial, &v->size, &v->parts,
		&v->items };

	return i < 4 ? numbers[i] : NULL;
}

static void
change_rest(struct gv_track_version *v, int i)
{
	if (i == 0)
		memset(&v->previous, 0, sizeof(v->previous));
	else if (i == 1)
		v->lineage = NULL;
	else if (i == 2)
		v->has_serial = false;
	else if (i == 3)
		v->time--;
	else if (i == 4)
		v->seal = GV_POLICY_SEAL_NONE;
	else if (i == 5)
		v->is_encrypted = true;
	else if (i == 6)
		v->format++;
	else if (i == 7)
		v->is_apart = true;
	/* what moves from one text to the next is not the same */
	else {
		v->env = (char *)"prodn";
		v->stack = (char *)"et";
	}
}

static void
change(struct gv_track_version *v, int i)
{
	if (i < 8)
		*byte_at(v, i) ^= 1;
	else if (i < 17)
		*text_at(v, i - 8) = (char *)"x";
	else if (i < 21)
		++*number_at(v, i - 17);
	else
		change_rest(v, i - 21);
}

static void
nothing_else_fits(void **state)
{
	struct gv_track_version v;
	int i;

	(void)state;
	for (i = 0; i < 30; i++) {
		v = version();
		bind(&v, key);
		change(&v, i);
		if (gv_track_binding_of(&v, key) != GV_TRACK_FORGED)
			fail_msg("change %d is not seen", i);
	}
	/* a commit is not what it names itself */
	v = version();
	bind(&v, key);
	v.commit.id[0] = 1;
	assert_int_equal(gv_track_binding_of(&v, key), GV_TRACK_BOUND);
}

static void
what_is_refused_is_said(void **state)
{
	int follows;

	(void)state;
	for (follows = 0; follows < 2; follows++) {
		assert_null(gv_track_binding_why(GV_TRACK_BOUND, follows));
		assert_null(gv_track_binding_why(GV_TRACK_UNCHECKED, follows));
		assert_non_null(gv_track_binding_why(GV_TRACK_FORGED, follows));
		assert_non_null(
		    gv_track_binding_why(GV_TRACK_UNBOUND, follows));
	}
	assert_null(gv_track_binding_why(GV_TRACK_BOUND_ELSE, false));
	assert_non_null(gv_track_binding_why(GV_TRACK_BOUND_ELSE, true));
}

static void
bytes_are_what_the_commit_says(void **state)
{
	const struct gv_track_version v = version();
	const struct gv_state_info good = { .tool = "terraform",
		.lineage = "one",
		.serial = 12,
		.has_serial = true,
		.size = 99 };
	struct gv_state_info info = good;
	struct gv_track_version cut = v;

	(void)state;
	assert_null(gv_track_binding_misfit(&v, &info));
	info.serial = 11;
	assert_says(gv_track_binding_misfit(&v, &info), "serial");
	info.has_serial = false;
	assert_non_null(gv_track_binding_misfit(&v, &info));
	info = good;
	info.lineage[0] = 'x';
	assert_says(gv_track_binding_misfit(&v, &info), "lineage");
	info = good;
	info.tool = "pulumi";
	assert_says(gv_track_binding_misfit(&v, &info), "tool");
	info = good;
	info.size = 40;
	assert_says(gv_track_binding_misfit(&v, &info), "size");
	/* a damaged one says nothing of itself, but how long it is */
	cut.damage = (char *)"cut off";
	assert_non_null(gv_track_binding_misfit(&cut, &info));
	info.size = 99;
	info.serial = 1;
	assert_null(gv_track_binding_misfit(&cut, &info));
}

UNIT(track_binding)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fits_what_it_was_made_of),
		cmocka_unit_test(nothing_else_fits),
		cmocka_unit_test(what_is_refused_is_said),
		cmocka_unit_test(bytes_are_what_the_commit_says),
	};

	return UNIT_RUN(tests);
}

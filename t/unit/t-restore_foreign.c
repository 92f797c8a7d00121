/* lib/restore/restore_foreign: which metadata a snapshot of another clone may
 * set, for every mode under several umasks. */
#include "unit.h"

#include <string.h>
#include <sys/stat.h>

#include "record/record.h"
#include "restore/restore_internal.h"

struct given {
	struct gv_restore_run run;
	struct gv_restore_opts opts;
	struct gv_restore_result result;
	struct gv_manifest_entry entry;
};

static void
begin(struct given *g, mode_t mask)
{
	memset(g, 0, sizeof(*g));
	g->opts = (struct gv_restore_opts)GV_RESTORE_OPTS_INIT;
	g->run.opts = &g->opts;
	g->run.result = &g->result;
	g->run.is_foreign = true;
	g->run.mask = mask;
	g->run.uid = g->run.gid = 1000;
	g->entry.type = GV_MANIFEST_FILE;
	g->entry.user = g->entry.group = "somebody else";
}

/* The entry as it may be set; the run's arena has it. */
static const struct gv_manifest_entry *
tame(struct given *g, bool is_link)
{
	const struct gv_manifest_entry *e = &g->entry;

	assert_int_equal(gv_restore_tame(&g->run, &e, is_link), 0);
	return e;
}

static void
end(struct given *g)
{
	gv_owner_release(&g->run.owner);
	gv_arena_release(&g->run.plan.arena);
}

static void
no_mode_gives_more_than_a_checkout(void **state)
{
	static const mode_t masks[] = { 0, 002, 022, 027, 077 };
	struct given g;
	size_t i;
	uint32_t mode, set;

	(void)state;
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++)
		for (mode = 0; mode < 010000; mode++) {
			begin(&g, masks[i]);
			g.entry.mode = mode;
			set = tame(&g, false)->mode;
			/* nothing is added, no set-id bit, nothing that the
			 * umask keeps from others; the user's own bits stay */
			assert_int_equal(set & ~mode, 0);
			assert_int_equal(set & (S_ISUID | S_ISGID), 0);
			assert_int_equal(set & masks[i] & 077, 0);
			assert_int_equal(set & 0700, mode & 0700);
			assert_int_equal(set & 077, mode & 077 & ~masks[i]);
			assert_int_equal(g.result.tamed, set != mode);
			end(&g);
		}
}

static void
only_attributes_of_users_are_set(void **state)
{
	struct given g;

	(void)state;
	begin(&g, 022);
	g.entry.mode = 0644;
	g.entry.xattrs = "user.a=YQ==,user.b=Yg==";
	assert_string_equal(tame(&g, false)->xattrs, "user.a=YQ==,user.b=Yg==");
	assert_int_equal(g.result.tamed, 0);
	g.entry.xattrs = "security.capability=AQ==,user.a=YQ==";
	assert_string_equal(tame(&g, false)->xattrs, "user.a=YQ==");
	assert_int_equal(g.result.tamed, 1);
	g.entry.xattrs = "system.posix_acl_access=AQ==";
	assert_null(tame(&g, false)->xattrs);
	assert_int_equal(g.result.tamed, 2);
	end(&g);
}

static void
the_entry_of_the_snapshot_stays_as_it_is(void **state)
{
	struct given g;

	(void)state;
	begin(&g, 077);
	g.entry.mode = 04755;
	g.entry.xattrs = "security.capability=AQ==";
	assert_ptr_not_equal(tame(&g, false), &g.entry);
	assert_int_equal(g.entry.mode, 04755);
	assert_string_equal(g.entry.xattrs, "security.capability=AQ==");
	/* the mode of a link says nothing */
	g.entry.mode = 0777;
	assert_int_equal(tame(&g, true)->mode, 0777);
	end(&g);
}

static void
own_snapshots_are_set_as_they_are(void **state)
{
	struct given g;
	const struct gv_manifest_entry *none = NULL;

	(void)state;
	begin(&g, 077);
	g.run.is_foreign = false;
	g.entry.mode = 06777;
	assert_ptr_equal(tame(&g, false), &g.entry);
	assert_int_equal(g.result.tamed, 0);
	/* without a manifest there is no entry */
	g.run.is_foreign = true;
	assert_int_equal(gv_restore_tame(&g.run, &none, false), 0);
	assert_null(none);
	end(&g);
}

UNIT(restore_foreign)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_mode_gives_more_than_a_checkout),
		cmocka_unit_test(only_attributes_of_users_are_set),
		cmocka_unit_test(the_entry_of_the_snapshot_stays_as_it_is),
		cmocka_unit_test(own_snapshots_are_set_as_they_are),
	};

	return UNIT_RUN(tests);
}

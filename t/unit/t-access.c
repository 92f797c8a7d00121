#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "access/access.h"
#include "access/access_keys.h"
#include "access/access_made.h"
#include "base/buf.h"
#include "base/err.h"
#include "object/tree.h"

#define NOW   1763800000
#define HOUR  3600
#define RULES "access:\n  roles: {sre: [bob, carol], dba: [dan]}\n  rules:\n"

static const struct gv_access_person people[] = { { "alice", GV_KEYRING_OWNER },
	{ "bob", GV_KEYRING_OPERATOR }, { "carol", GV_KEYRING_READER },
	{ "ci", GV_KEYRING_WRITER }, { "dan", GV_KEYRING_READER } };

static void
parse(struct gv_policy *out, const char *rules)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", RULES, rules);
	if (gv_policy_parse(out, "f", text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
}

static void
assert_refused(const char *text, const char *words)
{
	struct gv_policy p;

	assert_int_equal(
	    gv_policy_parse(&p, "f", text, strlen(text)), GV_EREFUSED);
	if (strstr(gv_err_message(), words) == NULL)
		fail_msg("'%s' does not say '%s'", gv_err_message(), words);
}

static void
reads_rules_and_refuses_what_asks_for_nothing(void **state)
{
	struct gv_policy p;

	(void)state;
	parse(&p,
	    "  - {paths: [a], keys: b.*, env: prod, roles: sre, approvals: 2, "
	    "by: [sre, owner], not_author: false, valid: 2h, "
	    "freeze: \"fri 16:00..mon 08:00 Europe/Berlin\"}\n");
	assert_int_equal(p.access.n_rules, 1);
	assert_int_equal(p.access.rules[0].approvals, 2);
	assert_int_equal(p.access.rules[0].valid, 2 * HOUR);
	assert_true(p.access.rules[0].lets_author);
	assert_string_equal(p.access.rules[0].env, "prod");
	gv_policy_release(&p);
	assert_refused("access: {rules: [{paths: [a]}]}", "asks for nothing");
	assert_refused(
	    "access: {rules: [{roles: [owner]}]}", "needs paths, keys or env");
	assert_refused("access: {rules: [{paths: [], roles: [owner]}]}",
	    "'paths' is empty");
	assert_refused("access: {rules: [{paths: [a], roles: [sr]}]}",
	    "there is no role 'sr'");
	assert_refused(
	    "access: {roles: {owner: [bob]}}", "a role of the keyring");
	assert_refused("access: {rules: [{paths: [a], freeze: {a: b}}]}",
	    "freeze must be windows such as fri 16:00");
	assert_refused("access: {rules: [{paths: [a], freeze: [fri]}]}",
	    "windows such as");
	assert_refused("access: {rules: [{paths: [../a], roles: [owner]}]}",
	    "from the top");
	assert_refused(
	    "access: {rules: [{paths: [\"config/[prod\"], roles: [owner]}]}",
	    "f:1: the pattern 'config/[prod' fits nothing");
	assert_refused("access: {branches: [\"rel[\"], rules: []}",
	    "the pattern 'rel[' fits nothing");
	assert_refused("access: {rule: []}", "the nearest is 'rules'");
	assert_refused("access: {rules: [{path: [a], roles: [owner]}]}",
	    "the nearest is 'paths'");
}

static void
fits_keys_in_both_directions(void **state)
{
	(void)state;
	assert_true(gv_access_fits_key("database.**", "database.host"));
	assert_true(gv_access_fits_key("database.**", "database"));
	assert_true(gv_access_fits_key("database.host", "database.host.name"));
	assert_true(gv_access_fits_key("database.host", "database"));
	assert_true(gv_access_fits_key("**.password", "a.b[2].password"));
	assert_true(gv_access_fits_key("servers.host", "servers[0].host"));
	assert_true(gv_access_fits_key("db.**", "providers.aws.db.host"));
	assert_true(gv_access_fits_key("db.**", "providers.aws"));
	assert_true(gv_access_fits_key("db.**", "providers"));
	assert_true(gv_access_fits_key("providers.**", "providers.aws.a"));
	assert_false(gv_access_fits_key("db.**", "providers.aws.pool.max"));
	assert_false(gv_access_fits_key("db.**", "provider.aws.db.host"));
	assert_false(gv_access_fits_key("db.**", "a.providers.aws.db"));
	assert_true(gv_access_fits_key("database.host", "[\"database.host\"]"));
	assert_true(gv_access_fits_key("*.host", "db.host"));
	assert_true(gv_access_fits_key("db_*", "db_host"));
	assert_true(gv_access_fits_key("a.b", ""));
	assert_false(gv_access_fits_key("database.**", "databases.host"));
	assert_false(gv_access_fits_key("database.host", "database.port"));
	assert_false(gv_access_fits_key("*.host", "db.port"));
	assert_false(gv_access_fits_key("**.password", "a.user") &&
	    !gv_access_fits_key("**.password", "a"));
}

static void
fits_paths_in_any_case_and_what_leads_there(void **state)
{
	(void)state;
#define FITS(pattern, path, leads)                                             \
	gv_access_fits_path(pattern, path, strlen(path), leads)
	assert_true(FITS("config/prod/**", "config/prod/a.yaml", false));
	assert_true(FITS("config/prod", "config/prod/a.yaml", false));
	assert_true(FITS("config/prod/", "config/prod/a.yaml", false));
	assert_true(FITS("config/prod.yaml", "Config/PROD.yaml", false));
	assert_true(FITS("**/prod.yaml", "a/b/prod.yaml", false));
	assert_false(FITS("config/prod.yaml", "config/prod.yaml.bak", false));
	assert_false(FITS("config/*.yaml", "config/a/b.yaml", false));
	assert_false(FITS("config/prod/a.yaml", "config/prod", false));
	assert_true(FITS("config/prod/a.yaml", "config/prod", true));
	assert_true(FITS("config/prod/**", "config", true));
	assert_false(FITS("config/prod/**", "other", true));
	/* capital letters in a set, and escaped ones */
	assert_true(FITS("config/[P]rod.yaml", "config/Prod.yaml", false));
	assert_true(FITS("config/\\Prod.yaml", "config/Prod.yaml", false));
#undef FITS
}

/* ---- changed keys -------------------------------------------------------- */

static void
assert_keys(
    const char *path, const char *old, const char *now, const char *want)
{
	struct gv_access_change c = { .path = path, .len = strlen(path) };
	struct gv_arena arena = GV_ARENA_INIT;
	const struct gv_access_text a = { old, old ? strlen(old) : 0 };
	const struct gv_access_text b = { now, now ? strlen(now) : 0 };
	struct gv_buf said = GV_BUF_INIT;
	size_t i;

	assert_int_equal(gv_access_keys_find(&c, &arena, NULL, &a, &b), 0);
	if (c.reads == GV_ACCESS_UNREAD)
		gv_buf_addch(&said, '?');
	else if (c.reads == GV_ACCESS_NO_KEYS)
		gv_buf_addch(&said, '-');
	for (i = 0; i < c.n_keys; i++)
		gv_buf_addf(&said, "%s%s", i ? " " : "", c.keys[i]);
	gv_arena_release(&arena);
	assert_int_equal(gv_buf_check(&said), 0);
	assert_string_equal(said.len ? said.p : "", want);
	gv_buf_release(&said);
}

static void
finds_keys_that_changed(void **state)
{
	(void)state;
	assert_keys("a.yaml", "a: 1\nb: {c: 2}\n", "a: 1\nb: {c: 3}\n", "b.c");
	assert_keys("a.yaml", "a: 1\n", "# why\na: 1\n", "");
	assert_keys("a.yaml", "a: 1\nb: 2\n", "b: 2\na: 1\n", "");
	assert_keys("a.yaml", "a: 1\n", "a: \"1\"\n", "a");
	assert_keys("a.yaml", NULL, "a: 1\n", "a");
	assert_keys("a.yaml", "a: {b: 1}\n", NULL, "a.b");
	assert_keys("a.yaml", "a: {b: 1}\n", "a: x\n", "a.b a");
	assert_keys("a.json", "{\"a\":[1,2]}", "{\"a\":[1,3]}", "a[1]");
	assert_keys("a.env", "A=1\nB=2\n", "A=1\nB=3\n", "B");
	assert_keys("run.sh", "a\n", "b\n", "-");
	/* all documents, not the last alone */
	assert_keys("a.yaml", "a: 1\n---\na: 2\n", "a: 3\n---\na: 2\n", "a");
}

static void
does_not_trust_what_programs_read_differently(void **state)
{
	(void)state;
	/* through an anchor, an alias and a merge key */
	assert_keys("a.yaml", "x: &x {host: a}\ndb: *x\n",
	    "x: &x {host: b}\ndb: *x\n", "x.host db.host");
	assert_keys("a.yaml", "x: &x {host: a}\ndb:\n  <<: *x\n",
	    "x: &x {host: b}\ndb:\n  <<: *x\n", "x.host db.host");
	/* the first of two counts for some programs */
	assert_keys("a.yaml", "db: 1\n", "db: 2\ndb: 1\n", "?");
	assert_keys("a.json", "{\"a\":1}", "{\"a\":2,\"a\":1}", "?");
	assert_keys("a.json", "{\"a\":1}", "{\"a\":2,\"\\u0061\":1}", "?");
	assert_keys("a.yaml", "a: 1\n", "a: !!str 1\n", "?");
	assert_keys("a.yaml", "a: 1\n", "a: [1\n", "?");
	assert_keys("a.json", "{\"a\":1}", "{", "?");
}

static void
names_values_and_tells_nothing_of_them(void **state)
{
	static const unsigned char one[32] = { 1 }, two[32] = { 2 };
	const char *old = "a: 5\nb: 5\n", *now = "a: 6\nb: 6\nc: 7\n";
	const struct gv_access_text x = { old, strlen(old) };
	const struct gv_access_text y = { now, strlen(now) };
	struct gv_access_change c = { .path = "a.yaml", .len = 6 };
	struct gv_access_change d = c, e = c;
	struct gv_arena arena = GV_ARENA_INIT;

	(void)state;
	assert_int_equal(gv_access_keys_find(&c, &arena, one, &x, &y), 0);
	assert_int_equal(gv_access_keys_find(&d, &arena, one, &y, &x), 0);
	assert_int_equal(gv_access_keys_find(&e, &arena, two, &x, &y), 0);
	assert_int_equal(c.n_keys, 3);
	/* the same value at the same place, and nowhere else, has one name */
	assert_string_equal(c.sums[0].old, d.sums[0].new);
	assert_string_not_equal(c.sums[0].old, c.sums[0].new);
	assert_string_not_equal(c.sums[0].old, c.sums[1].old);
	assert_string_not_equal(c.sums[0].old, e.sums[0].old);
	assert_string_equal(c.sums[2].old, "none");
	assert_int_equal(strlen(c.sums[2].new), GV_ACCESS_SUM - 1);
	gv_arena_release(&arena);
}

/* ---- rules --------------------------------------------------------------- */

static bool
is_of(const char *rules, struct gv_access_change c)
{
	struct gv_policy p;
	bool is;

	parse(&p, rules);
	c.len = strlen(c.path);
	is = gv_access_is_of(&p, &p.access.rules[0], &c);
	gv_policy_release(&p);
	return is;
}

static void
takes_what_is_set_for_a_provider_as_the_key(void **state)
{
	static const char *const dotted[] = {
		"providers[\"my.cloud\"].db.host"
	};
	static const char *const host[] = { "providers.aws.db.host" };
	static const char *const whole[] = { "providers.aws" };
	static const char *const other[] = { "providers.aws.pool" };
	static const char *const plain[] = { "aws.db.host" };
	struct gv_access_change c = { .path = "config/prod.yaml",
		.old_mode = GV_MODE_FILE,
		.new_mode = GV_MODE_FILE,
		.reads = GV_ACCESS_KEYS,
		.keys = host,
		.n_keys = 1 };
	const char *rule = "  - {paths: [config/**], keys: [db.host], roles: "
			   "[sre]}\n";

	(void)state;
	assert_true(is_of(rule, c));
	c.keys = dotted;
	assert_true(is_of(rule, c));
	c.keys = whole;
	assert_true(is_of(rule, c));
	c.keys = other;
	assert_false(is_of(rule, c));
	c.keys = plain;
	assert_false(is_of(rule, c));
	assert_true(gv_access_fits_key("db.host", "providers"));
	assert_false(gv_access_fits_key("db.host", "providersx.a.db.host"));
}

/* The keys that are made of one, by a layer; "?": any. */
static void
assert_made(const char *layer, const char *changed, const char *want)
{
	const char *const keys[] = { changed };
	struct gv_access_change c = { .path = "a.yaml",
		.reads = GV_ACCESS_KEYS,
		.keys = keys,
		.n_keys = 1 };
	const struct gv_access_text text = { layer, strlen(layer) };
	struct gv_access_uses uses = GV_ACCESS_USES_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_buf said = GV_BUF_INIT;
	size_t i;

	assert_int_equal(
	    gv_access_uses_add(&uses, "a.yaml", &text, NULL, NULL), 0);
	assert_int_equal(gv_access_made_find(&c, &arena, &uses), 0);
	gv_access_uses_release(&uses);
	if (c.reads == GV_ACCESS_UNREAD)
		gv_buf_addch(&said, '?');
	for (i = 0; i < c.n_made; i++)
		gv_buf_addf(&said, "%s%s", i ? " " : "", c.made[i]);
	assert_int_equal(gv_buf_check(&said), 0);
	assert_string_equal(said.len ? said.p : "", want);
	gv_buf_release(&said);
	gv_arena_release(&arena);
}

static void
knows_what_a_value_is_made_of(void **state)
{
	(void)state;
	assert_made("a: x-${b}\nb: 1\n", "b", "a");
	assert_made("a: x-${b}\nb: 1\n", "c", "");
	assert_made("a: \"${b}\"\nb: \"${c}\"\n", "c", "b a");
	assert_made("a: {x: \"${b}\"}\n", "a.b", "a.x");
	assert_made("a: {x: \"${b}\"}\n", "b", "a.x");
	assert_made("a: {x: \"${b}\"}\n", "c.b", "");
	/* a map as a whole, and a part of one by another name */
	assert_made("a: ${b}\n", "b.c.d", "a");
	assert_made("a: ${map:s.${n}}\n", "s.small.aws", "a");
	assert_made("a: ${map:s.${n}}\n", "n", "a");
	assert_made("a: ${x${n}}\n", "anything", "a");
	assert_made("a: ${b}\n", "providers.aws.b", "a");
	assert_made("a: ${secret:b}\n", "b", "");
	/* in a circle */
	assert_made("a: ${b}\nb: ${a}\n", "b", "a b");
	assert_made("a: [\n", "b", "?");
}

static void
knows_which_rule_a_change_is_of(void **state)
{
	static const char *const host[] = { "db.host" };
	static const char *const port[] = { "db.port" };
	static const char *const prod[] = { "prod" };
	static const char *const part[] = { "prod.db.host" };
	const struct gv_access_change f = { .path = "config/prod.yaml",
		.old_mode = GV_MODE_FILE,
		.new_mode = GV_MODE_FILE,
		.reads = GV_ACCESS_KEYS };
	struct gv_access_change c = f;
	const char *keys = "  - {paths: [config/**], keys: [db.host], roles: "
			   "[sre]}\n";
	const char *env = "  - {env: prod, keys: [db.**], roles: [sre]}\n";

	(void)state;
	c.keys = port, c.n_keys = 1;
	assert_false(is_of(keys, c));
	c.keys = host;
	assert_true(is_of(keys, c));
	assert_false(is_of(env, c));
	c.envs = prod, c.n_envs = 1;
	assert_true(is_of(env, c));
	/* a part of a shared file that is named like the environment */
	c = f;
	c.path = "settings.yaml", c.keys = part, c.n_keys = 1;
	assert_true(is_of(env, c));
	assert_true(is_of("  - {env: prod, roles: [sre]}\n", c));
	assert_false(is_of("  - {env: dev, roles: [sre]}\n", c));
	/* unread counts as all keys, and a comment as none */
	c = f;
	assert_false(is_of(keys, c));
	c.reads = GV_ACCESS_UNREAD;
	assert_true(is_of(keys, c));
	/* a link in the place of the folder */
	c.path = "config", c.new_mode = GV_MODE_LINK;
	assert_true(is_of(keys, c));
	c.path = "other";
	assert_false(is_of(keys, c));
}

/* ---- the verdict --------------------------------------------------------- */

struct asking {
	const char *rules, *person;
	const char *authors[3];
	struct gv_access_given given[3];
	size_t n_given;
	bool is_reader;
};

static unsigned
lacks_of(const struct asking *q, const char *path)
{
	struct gv_access_change change = { .path = path,
		.len = strlen(path),
		.old_mode = GV_MODE_FILE,
		.new_mode = GV_MODE_FILE };
	struct gv_access_changes changes = { .items = &change, .n = 1 };
	struct gv_access_verdict v;
	struct gv_policy p;
	unsigned lacks;
	struct gv_access_asked asked = { .policy = &p,
		.changes = &changes,
		.people = people,
		.n_people = sizeof(people) / sizeof(people[0]),
		.person = q->person,
		.is_reader = q->is_reader,
		.authors = q->authors,
		.given = q->given,
		.n_given = q->n_given,
		.now = NOW };

	while (q->authors[asked.n_authors])
		asked.n_authors++;
	parse(&p, q->rules);
	assert_int_equal(gv_access_decide(&v, &asked), 0);
	lacks = v.lacks;
	gv_access_verdict_release(&v);
	gv_policy_release(&p);
	return lacks;
}

static void
asks_for_a_role(void **state)
{
	struct asking q = { .rules = "  - {paths: [a], roles: [sre]}\n" };

	(void)state;
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_ROLE);
	q.person = "dan";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_ROLE);
	q.person = "bob";
	assert_int_equal(lacks_of(&q, "a"), 0);
	assert_int_equal(lacks_of(&q, "b"), 0);
	/* in the policy, and not in the keyring any more */
	q.rules = "  - {paths: [a], roles: [sre, owner]}\n";
	q.person = "eve";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_ROLE);
	q.person = "alice";
	assert_int_equal(lacks_of(&q, "a"), 0);
}

static void
counts_approvals(void **state)
{
	struct asking q = { .rules = "  - {paths: [a], approvals: 2, by: [sre, "
				     "dba], valid: 1h}\n",
		.person = "alice",
		.given = { { "bob", NOW - 60 }, { "dan", NOW - 60 } } };

	(void)state;
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.n_given = 1;
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.n_given = 2;
	assert_int_equal(lacks_of(&q, "a"), 0);
	q.given[1].time = NOW - HOUR - 1;
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.given[1].time = NOW;
	/* who wrote it, or pushes it, is no second pair of eyes */
	q.person = "bob";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.person = "alice", q.authors[0] = "dan";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	/* who only looks at it has not written it */
	q.authors[0] = NULL, q.person = "bob", q.is_reader = true;
	assert_int_equal(lacks_of(&q, "a"), 0);
	q.authors[0] = "bob";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.is_reader = false;
	q.authors[0] = NULL, q.person = NULL;
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_AUTHOR);
	q.given[1].name = "bob", q.person = "alice";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	/* a key that only seals */
	q.given[1].name = "ci";
	q.rules = "  - {paths: [a], approvals: 2}\n";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
}

/* One rule that holds takes nothing from another one. */
static void
holds_all_rules(void **state)
{
	struct asking q = { .rules = "  - {paths: [\"**\"], approvals: 1}\n"
				     "  - {paths: [a], approvals: 1, by: "
				     "[dba]}\n",
		.person = "alice",
		.given = { { "bob", NOW } },
		.n_given = 1 };

	(void)state;
	assert_int_equal(lacks_of(&q, "b"), 0);
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_APPROVALS);
	q.given[0].name = "dan";
	assert_int_equal(lacks_of(&q, "a"), 0);
	q.rules = "  - {paths: [a], freeze: [2025-11-22..2025-11-22], roles: "
		  "[owner]}\n";
	assert_int_equal(lacks_of(&q, "a"), GV_ACCESS_FROZEN);
}

static void
protects_itself(void **state)
{
	struct asking q = { .rules = "  - {paths: [\"**\"], approvals: 1}\n",
		.person = "bob",
		.given = { { "dan", NOW } },
		.n_given = 1 };

	(void)state;
	assert_int_equal(lacks_of(&q, "x"), 0);
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), GV_ACCESS_ROLE);
	q.person = "alice";
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), 0);
	q.person = "bob";
	q.rules = "  - {paths: [.gitvault.yaml], approvals: 1}\n";
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), 0);
	/* a rule about a part of the policy, or about days alone, does not hand
	 * over the rest */
	q.rules = "  - {paths: [.gitvault.yaml], keys: [env.**], roles: "
		  "[sre]}\n";
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), GV_ACCESS_ROLE);
	q.rules = "  - {paths: [.gitvault.yaml], env: prod, roles: [sre]}\n";
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), GV_ACCESS_ROLE);
	q.rules = "  - {paths: [.gitvault.yaml], freeze: "
		  "[2001-01-01..2001-01-02]}\n";
	assert_int_equal(lacks_of(&q, ".gitvault.yaml"), GV_ACCESS_ROLE);
}

static void
binds_approvals_to_blobs_and_paths(void **state)
{
	struct gv_access_change c = { .path = "a",
		.len = 1,
		.old_mode = GV_MODE_FILE,
		.new_mode = GV_MODE_FILE,
		.is_governed = true };
	struct gv_access_changes changes = { .items = &c, .n = 1 };
	struct gv_oid a, b;

	(void)state;
	c.old.id[0] = 1, c.new.id[0] = 2;
	assert_true(gv_access_subject(&a, &changes));
	assert_true(gv_access_subject(&b, &changes));
	assert_true(gv_oid_equal(&a, &b));
	c.new.id[0] = 3;
	assert_true(gv_access_subject(&b, &changes));
	assert_false(gv_oid_equal(&a, &b));
	c.new.id[0] = 2, c.old.id[0] = 9;
	assert_true(gv_access_subject(&b, &changes));
	assert_false(gv_oid_equal(&a, &b));
	c.old.id[0] = 1, c.path = "b";
	assert_true(gv_access_subject(&b, &changes));
	assert_false(gv_oid_equal(&a, &b));
	c.path = "a", c.new_mode = GV_MODE_EXEC;
	assert_true(gv_access_subject(&b, &changes));
	assert_false(gv_oid_equal(&a, &b));
	c.is_governed = false;
	assert_false(gv_access_subject(&b, &changes));
}

UNIT(access)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rules_and_refuses_what_asks_for_nothing),
		cmocka_unit_test(fits_keys_in_both_directions),
		cmocka_unit_test(fits_paths_in_any_case_and_what_leads_there),
		cmocka_unit_test(finds_keys_that_changed),
		cmocka_unit_test(does_not_trust_what_programs_read_differently),
		cmocka_unit_test(names_values_and_tells_nothing_of_them),
		cmocka_unit_test(takes_what_is_set_for_a_provider_as_the_key),
		cmocka_unit_test(knows_what_a_value_is_made_of),
		cmocka_unit_test(knows_which_rule_a_change_is_of),
		cmocka_unit_test(asks_for_a_role),
		cmocka_unit_test(counts_approvals),
		cmocka_unit_test(holds_all_rules),
		cmocka_unit_test(protects_itself),
		cmocka_unit_test(binds_approvals_to_blobs_and_paths),
	};

	return UNIT_RUN(tests);
}

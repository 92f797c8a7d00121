#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "config/policy.h"
#include "config/policy_hold.h"
#include "replica/copies.h"
#include "replica/copies_held.h"
#include "replica/replica_manifest.h"
#include "repo/config.h"
#include "unit.h"

#define NOW  ((int64_t)2000000000)
#define DAY  ((int64_t)86400)
#define WEEK (7 * DAY)

/* ---- the decision -------------------------------------------------------- */

static bool
enough(
    struct gv_copies_word *word, const struct gv_copies_holder *all, size_t n)
{
	const struct gv_policy_copies want = { 3, 2, WEEK };

	return gv_copies_are_enough(word, &want, all, n, NOW);
}

static void
three_targets_in_two_regions_are_durable(void **state)
{
	const struct gv_copies_holder all[] = { { "s3:/a", "eu", NOW },
		{ "s3:/b", "eu", NOW - WEEK }, { "s3:/c", "us", NOW - DAY } };
	struct gv_copies_word word;

	(void)state;
	assert_true(enough(&word, all, 3));
	assert_true(word.is_wanted);
	assert_int_equal(word.places, 3);
	assert_int_equal(word.regions, 2);
	assert_false(enough(&word, all, 2));
	assert_int_equal(word.places, 2);
	assert_false(enough(&word, all, 0));
	assert_true(word.is_lacking);
}

static void
targets_in_one_place_are_one(void **state)
{
	const struct gv_copies_holder all[] = { { "s3:/a", "eu", NOW },
		{ "s3:/a", "us", NOW }, { "s3:/b", "us", NOW } };
	struct gv_copies_word word;

	(void)state;
	assert_false(enough(&word, all, 3));
	assert_int_equal(word.places, 2);
	assert_int_equal(word.regions, 2);
}

/* The first of a place that counts, not the first that there is. */
static void
what_was_verified_too_long_ago_does_not_count(void **state)
{
	const struct gv_copies_holder all[] = {
		{ "s3:/a", "eu", NOW - WEEK - 1 }, { "s3:/a", "eu", NOW },
		{ "s3:/b", "us", NOW }, { "s3:/c", NULL, NOW - 1 }
	};
	struct gv_copies_word word;

	(void)state;
	assert_true(enough(&word, all, 4));
	assert_int_equal(word.places, 3);
	assert_int_equal(word.regions, 2);
	assert_false(enough(&word, all, 3));
}

static void
one_of_the_future_or_never_does_not_count(void **state)
{
	const struct gv_copies_holder all[] = { { "s3:/a", "eu", NOW + 1 },
		{ "s3:/b", "us", 0 }, { "s3:/c", "us", NOW } };
	const struct gv_policy_copies ever = { .min = 2 };
	struct gv_copies_word word;

	(void)state;
	assert_false(enough(&word, all, 3));
	assert_int_equal(word.places, 1);
	assert_false(gv_copies_are_enough(NULL, &ever, all, 3, NOW));
	assert_true(gv_copies_are_enough(NULL, &ever, all, 3, NOW + 1));
}

static void
without_a_region_two_regions_are_not_reached(void **state)
{
	const struct gv_copies_holder all[] = { { "s3:/a", NULL, NOW },
		{ "s3:/b", NULL, NOW }, { "s3:/c", "us", NOW } };
	struct gv_copies_word word;

	(void)state;
	assert_false(enough(&word, all, 3));
	assert_int_equal(word.places, 3);
	assert_int_equal(word.regions, 1);
}

/* ---- places -------------------------------------------------------------- */

static void
assert_place(const char *url, const char *region, const char *want)
{
	const struct gv_target t = { .url = url, .region = region };
	struct gv_buf is = GV_BUF_INIT;

	gv_target_place(&is, &t);
	assert_string_equal(is.p, want);
	gv_buf_release(&is);
}

static void
a_place_is_what_is_lost_together(void **state)
{
	(void)state;
	assert_place("s3://bucket/one", "eu", "s3:/bucket");
	assert_place("s3://bucket/two", "us", "s3:/bucket");
	assert_place("azure://account/box/x", NULL, "azure:/account");
	assert_place("sftp://me@host:22/dir", NULL, "sftp:/host:22");
	assert_place("sftp://you@host:22/dir", NULL, "sftp:/host:22");
	assert_place("https+webdav://h/x", NULL, "https+webdav:/h");
	assert_place("file:///mnt/a", NULL, "file:");
	assert_place("file:///mnt/b", NULL, "file:");
	assert_place("file:///mnt/b", "attic", "file:attic");
	assert_place("rclone:box:dir", NULL, "rclone:/:box:dir");
}

/* ---- the policy ---------------------------------------------------------- */

static struct gv_policy held;

static void
parse(struct gv_policy *out, const char *text)
{
	*out = (struct gv_policy)GV_POLICY_INIT;
	if (gv_policy_parse(out, "f", text, strlen(text)) < 0)
		fail_msg("%s", gv_err_message());
}

/* What counts, and how many keys wait for consent. */
static size_t
hold(const char *accepted, const char *present)
{
	struct gv_policy_diff diff;
	struct gv_policy was;
	size_t i, n = 0;

	gv_policy_release(&held);
	parse(&was, accepted);
	parse(&held, present);
	assert_int_equal(gv_policy_hold(&held, &was, &diff), 0);
	for (i = 0; i < diff.n; i++)
		n += diff.points[i].waits;
	return n;
}

#define PROD(copies) "environments: { prod: { copies: " copies " } }\n"

static void
assert_wanted(const char *env, unsigned min, unsigned regions, int64_t verified)
{
	char *envs[] = { (char *)(uintptr_t)env };
	const struct gv_policy_copies c =
	    gv_policy_copies_of(&held, envs, env ? 1 : 0);

	assert_int_equal(c.min, min);
	assert_int_equal(c.regions, regions);
	assert_int_equal(c.verified, verified);
}

static void
copies_are_asked_for_by_environment(void **state)
{
	(void)state;
	parse(&held,
	    "environments:\n"
	    "  prod: { copies: { min: 3, regions: 2, verified: 7d } }\n"
	    "  test: { copies: { min: 1, verified: 1d } }\n"
	    "  dev: { copies: 2 }\n");
	assert_wanted("prod", 3, 2, WEEK);
	assert_wanted("test", 1, 0, DAY);
	assert_wanted("dev", 0, 0, 0);
	/* one of none has the files of all */
	assert_wanted(NULL, 3, 2, DAY);
	assert_int_equal(gv_policy_env(&held, "dev")->copies, 2);
	gv_policy_release(&held);
	parse(&held, PROD("{ regions: 2 }"));
	assert_wanted("prod", 2, 2, 0);
	gv_policy_release(&held);
}

static void
who_extends_another_has_as_many_copies_at_least(void **state)
{
	(void)state;
	parse(&held,
	    "environments:\n"
	    "  base: { copies: { min: 3, verified: 7d } }\n"
	    "  mid: { extends: base }\n"
	    "  prod: { extends: mid, copies: { min: 2, regions: 2, verified: "
	    "1d } }\n"
	    "  num: { copies: 2 }\n"
	    "  more: { extends: num }\n");
	assert_wanted("base", 3, 0, WEEK);
	assert_wanted("mid", 3, 0, WEEK);
	assert_wanted("prod", 3, 2, DAY);
	assert_wanted("more", 0, 0, 0);
	assert_int_equal(gv_policy_remotes_for(&held, "more"), 2);
	assert_int_equal(gv_policy_remotes_for(&held, "mid"), 0);
	assert_int_equal(gv_policy_remotes_for(&held, "none"), 0);
	gv_policy_release(&held);
	/* nor does a policy that nobody accepted take that away */
	assert_int_equal(hold("environments: { base: { copies: { min: 3 } }, "
			      "prod: { extends: base } }\n",
			     "environments: { base: {}, prod: { copies: { min: "
			     "1 } } }\n"),
	    1);
	assert_wanted("prod", 3, 0, 0);
	gv_policy_release(&held);
}

static void
assert_refused(const char *text, const char *words)
{
	struct gv_policy p = GV_POLICY_INIT;

	assert_int_equal(
	    gv_policy_parse(&p, "f", text, strlen(text)), GV_EREFUSED);
	assert_message(words);
}

static void
what_cannot_be_read_is_named(void **state)
{
	(void)state;
	assert_refused(PROD("{ least: 3 }"), "least");
	assert_refused(PROD("{ min: many }"), "number");
	assert_refused(PROD("[ 3 ]"), "regions: 2");
	assert_refused("targets: { a: { region: eu } }\n", "needs a url");
	assert_refused(
	    "targets: { a: { url: 's3://b', limit: 10% } }\n", "500GiB");
	assert_refused(
	    "targets: { a: { url: 's3://b', secret: x } }\n", "secret");
	assert_refused(
	    "targets: { a: { url: 's3://b', push: later } }\n", "manual");
}

static void
more_copies_count_at_once_and_fewer_after_consent(void **state)
{
	(void)state;
	assert_int_equal(hold(PROD("{ min: 2, verified: 7d }"),
			     PROD("{ min: 3, verified: "
				  "1d }")),
	    0);
	assert_wanted("prod", 3, 0, DAY);
	assert_int_equal(hold(PROD("{ min: 3, verified: 1d }"),
			     PROD("{ min: 2, verified: "
				  "7d }")),
	    1);
	assert_wanted("prod", 3, 0, DAY);
	assert_int_equal(hold(PROD("{ min: 3 }"), "good: {}\n"), 1);
	assert_wanted("prod", 3, 0, 0);
	gv_policy_release(&held);
}

static void
a_target_that_came_by_a_pull_waits(void **state)
{
	static const char one[] = "targets: { a: { url: 's3://one' } }\n";
	static const char two[] = "targets: { a: { url: 's3://two' } }\n";

	(void)state;
	assert_int_equal(hold("good: {}\n", one), 1);
	assert_int_equal(held.targets.n, 0);
	assert_int_equal(hold(one, two), 1);
	assert_string_equal(held.targets.items[0].url, "s3://one");
	assert_int_equal(hold(one, "good: {}\n"), 1);
	assert_int_equal(held.targets.n, 1);
	gv_policy_release(&held);
}

static void
a_list_of_regions_waits_whatever_it_says(void **state)
{
	(void)state;
	assert_int_equal(hold("good: {}\n", "residency: [ 'eu-*' ]\n"), 1);
	assert_true(gv_policy_lets_region(&held, "us-east-1"));
	assert_false(gv_policy_will_let_region(&held, "us-east-1"));
	assert_true(gv_policy_will_let_region(&held, "eu-west-1"));
	assert_false(gv_policy_will_let_region(&held, NULL));
	assert_int_equal(
	    hold("residency: [ eu-a, eu-b ]\n", "residency: eu-b\n"), 1);
	assert_true(gv_policy_lets_region(&held, "eu-a"));
	assert_false(gv_policy_will_let_region(&held, "eu-a"));
	assert_int_equal(
	    hold("residency: eu-a\n", "residency: [ eu-a, us-a ]\n"), 1);
	assert_false(gv_policy_lets_region(&held, "us-a"));
	assert_int_equal(hold("residency: eu-a\n", "good: {}\n"), 1);
	assert_false(gv_policy_lets_region(&held, "us-a"));
	assert_int_equal(hold("good: {}\n", "good: {}\n"), 0);
	assert_true(gv_policy_lets_region(&held, NULL));
	assert_true(gv_policy_will_let_region(&held, NULL));
	gv_policy_release(&held);
}

/* ---- targets of both ----------------------------------------------------- */

/* Pairs of a setting below vault.target. and its value, each ended by NUL. */
static void
load(struct gv_targets *out, struct gv_config *c, const char *const *pairs)
{
	struct gv_buf text = GV_BUF_INIT;

	for (; *pairs; pairs += 2) {
		gv_buf_addstr(&text, "local");
		gv_buf_addch(&text, '\0');
		gv_buf_addf(&text, "vault.target.%s\n%s", pairs[0], pairs[1]);
		gv_buf_addch(&text, '\0');
	}
	assert_int_equal(gv_config_parse(c, text.p, text.len, false), 0);
	assert_int_equal(gv_targets_parse(out, c, &held), 0);
}

static void
targets_of_the_policy_come_beside_those_of_the_host(void **state)
{
	static const char *const pairs[] = { "mine.url", "file:///m",
		"far.profile", "work", "far.region", "us-east-1", "far.limit",
		"1m", "quiet.auto", "false", NULL };
	const struct gv_target *t;
	struct gv_targets all;
	struct gv_config c;

	(void)state;
	parse(&held,
	    "targets:\n"
	    "  far: { url: 's3://b/p', region: eu-a, limit: 1GiB, "
	    "environments: prod, encrypt: true }\n"
	    "  mine: { url: 's3://other' }\n"
	    "  quiet: { url: 's3://q' }\n"
	    "  slow: { url: 's3://s', push: manual }\n");
	load(&all, &c, pairs);
	assert_int_equal(all.n, 4);
	t = gv_targets_find(&all, "far");
	assert_string_equal(t->url, "s3://b/p");
	assert_string_equal(t->region, "eu-a");
	assert_string_equal(t->profile, "work");
	assert_int_equal(t->limit, 1 << 20);
	assert_true(t->is_auto && t->encrypts);
	assert_true(gv_policy_target_is_for(t->from, "prod"));
	assert_false(gv_policy_target_is_for(t->from, "dev"));
	t = gv_targets_find(&all, "mine");
	assert_string_equal(t->url, "file:///m");
	assert_null(t->from);
	assert_string_equal(t->replaced->url, "s3://other");
	assert_false(t->is_auto);
	assert_false(gv_targets_find(&all, "quiet")->is_auto);
	assert_false(gv_targets_find(&all, "slow")->is_auto);
	gv_targets_release(&all);
	gv_config_release(&c);
	gv_policy_release(&held);
}

static void
what_the_policy_asks_holds_for_an_address_of_the_host(void **state)
{
	static const char *const pairs[] = { "same.url", "s3://b/p",
		"same.region", "eu-a", "same.endpoint", "https://mine",
		"own.url", "s3://own", "own.region", "eu-a", "own.limit", "2g",
		NULL };
	const struct gv_target *t;
	struct gv_targets all;
	struct gv_config c;

	(void)state;
	parse(&held,
	    "residency: eu-a\n"
	    "targets:\n"
	    "  same: { url: 's3://b/p', region: us-a }\n"
	    "  own: { url: 's3://o', region: us-a, endpoint: 'https://theirs', "
	    "limit: 1GiB, encrypt: true }\n");
	load(&all, &c, pairs);
	t = gv_targets_find(&all, "same");
	assert_string_equal(t->region, "us-a");
	assert_string_equal(t->endpoint, "https://mine");
	assert_null(t->replaced);
	assert_true(gv_target_is_refused(t));
	t = gv_targets_find(&all, "own");
	assert_string_equal(t->region, "eu-a");
	assert_null(t->endpoint);
	assert_int_equal(t->limit, 1 << 30);
	assert_true(t->encrypts);
	assert_non_null(t->replaced);
	assert_false(gv_target_is_refused(t));
	gv_targets_release(&all);
	gv_config_release(&c);
	gv_policy_release(&held);
}

static void
a_password_in_the_policy_is_refused(void **state)
{
	const struct gv_config none = { .n = 0 };
	struct gv_targets all;

	(void)state;
	parse(&held, "targets: { a: { url: 's3://k:hidden@b' } }\n");
	assert_int_equal(gv_targets_parse(&all, &none, &held), GV_EREFUSED);
	assert_null(strstr(gv_err_message(), "hidden"));
	gv_targets_release(&all);
	gv_policy_release(&held);
}

static void
a_region_that_is_not_allowed_is_refused(void **state)
{
	struct gv_target t = {
		.name = "far", .url = "s3://b", .policy = &held
	};

	(void)state;
	parse(&held, "residency: [ 'eu-*', ch ]\n");
	assert_int_equal(gv_target_check_region(&t), GV_EREFUSED);
	assert_message("does not say its region");
	t.region = "us-east-1";
	assert_int_equal(gv_target_check_region(&t), GV_EREFUSED);
	assert_message("eu-*, ch");
	t.region = "ch";
	assert_int_equal(gv_target_check_region(&t), 0);
	gv_policy_release(&held);
}

static void
a_region_that_is_to_be_refused_is_named_and_goes_on(void **state)
{
	struct gv_target t = { .name = "far",
		.url = "s3://b",
		.region = "us-a",
		.policy = &held };

	(void)state;
	hold("residency: [ us-a, eu-b ]\n", "residency: eu-b\n");
	assert_int_equal(gv_target_check_region(&t), 0);
	assert_true(gv_target_is_disputed(&t));
	assert_int_equal(gv_target_check_disputed(&t), GV_EREFUSED);
	assert_message("us-a, and .gitvault.yaml lets copies be in eu-b only");
	t.region = "eu-b";
	assert_int_equal(gv_target_check_disputed(&t), 0);
	/* one that is refused already is not disputed */
	t.region = "ch";
	assert_false(gv_target_is_disputed(&t));
	assert_int_equal(gv_target_check_region(&t), GV_EREFUSED);
	gv_policy_release(&held);
}

/* ---- what was found there ------------------------------------------------ */

static void
what_a_verification_found_is_read_as_it_is_written(void **state)
{
	static const char *const names[] = { "refs/heads/main",
		"refs/vault/snapshots/20261120T071244Z-1a2b3c4d",
		"refs/vault/snapshots/20251120T071244Z-1a2b3c4d" };
	struct gv_replica_manifest found = GV_REPLICA_MANIFEST_INIT;
	struct gv_copies_held t = GV_COPIES_HELD_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid id;
	size_t i;

	(void)state;
	memset(&id, 7, sizeof(id));
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    gv_replica_manifest_add_ref(&found, names[i], &id), 0);
	assert_int_equal(gv_copies_held_format(&text, &found), 0);
	assert_int_equal(gv_copies_held_parse(&t, text.p, text.len), 0);
	assert_int_equal(t.n, 2);
	assert_string_equal(t.all[0].id, names[2] + 21);
	assert_memory_equal(&t.all[0].commit, &id, sizeof(id));
	for (i = 1; i < 60; i++) {
		assert_int_equal(gv_copies_held_parse(&t, text.p, text.len - i),
		    GV_ECORRUPT);
		assert_int_equal(t.n, 0);
	}
	gv_copies_held_release(&t);
	gv_buf_release(&text);
	gv_replica_manifest_release(&found);
}

UNIT(copies)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_targets_in_two_regions_are_durable),
		cmocka_unit_test(targets_in_one_place_are_one),
		cmocka_unit_test(what_was_verified_too_long_ago_does_not_count),
		cmocka_unit_test(one_of_the_future_or_never_does_not_count),
		cmocka_unit_test(without_a_region_two_regions_are_not_reached),
		cmocka_unit_test(a_place_is_what_is_lost_together),
		cmocka_unit_test(copies_are_asked_for_by_environment),
		cmocka_unit_test(
		    who_extends_another_has_as_many_copies_at_least),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(
		    more_copies_count_at_once_and_fewer_after_consent),
		cmocka_unit_test(a_target_that_came_by_a_pull_waits),
		cmocka_unit_test(a_list_of_regions_waits_whatever_it_says),
		cmocka_unit_test(
		    targets_of_the_policy_come_beside_those_of_the_host),
		cmocka_unit_test(
		    what_the_policy_asks_holds_for_an_address_of_the_host),
		cmocka_unit_test(a_password_in_the_policy_is_refused),
		cmocka_unit_test(a_region_that_is_not_allowed_is_refused),
		cmocka_unit_test(
		    a_region_that_is_to_be_refused_is_named_and_goes_on),
		cmocka_unit_test(
		    what_a_verification_found_is_read_as_it_is_written),
	};

	return UNIT_RUN(tests);
}

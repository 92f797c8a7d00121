#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/opt.h"

struct values {
	bool all, no_owner;
	int progress, verbose, form, when;
	const char *to;
	int64_t limit;
	struct gv_opt_list tags;
};

static const char *const whens[] = { "never", "always", "auto", NULL };
#define AT(member) .at = offsetof(struct values, member)

static const struct gv_opt table[] = { { .type = GV_OPT_GROUP, .help = "what" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'a',
	    .name = "all",
	    AT(all),
	    .help = "everything" },
	{ .type = GV_OPT_BOOL,
	    .name = "no-owner",
	    AT(no_owner),
	    .help = "leave the owner" },
	{ .type = GV_OPT_TRI, .name = "progress", AT(progress), .help = "bar" },
	{ .type = GV_OPT_COUNT,
	    .letter = 'v',
	    .name = "verbose",
	    AT(verbose),
	    .help = "more" },
	{ .type = GV_OPT_SET,
	    .name = "stat",
	    .value = 1,
	    AT(form),
	    .help = "counts" },
	{ .type = GV_OPT_SET,
	    .letter = 'p',
	    .value = 2,
	    AT(form),
	    .help = "patch" },
	{ .type = GV_OPT_CHOICE,
	    .name = "color",
	    .arg = "WHEN",
	    .implied = "always",
	    .choices = whens,
	    AT(when),
	    .help = "colour" },
	{ .type = GV_OPT_CHOICE,
	    .name = "overwrite",
	    .arg = "MODE",
	    .choices = whens,
	    AT(when),
	    .help = "mode" },
	{ .type = GV_OPT_STRING,
	    .letter = 't',
	    .name = "to",
	    .arg = "DIR",
	    AT(to),
	    .help = "where" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    AT(limit),
	    .help = "how many" },
	{ .type = GV_OPT_LIST,
	    .name = "tag",
	    .arg = "TAG",
	    AT(tags),
	    .help = "which" },
	GV_OPT_LAST };

static struct values v;
static struct gv_opt_parse p;
static char *words[32];

/* Parse a line of words; the arguments are then in p. */
static int
parse(const char *line)
{
	static char text[512];
	char *word, *save = NULL;
	int n = 0;

	gv_opt_release(table, &v);
	v = (struct values){ .progress = -1, .when = -1, .limit = -1 };
	p = (struct gv_opt_parse){ .sets = { { table, &v } }, .n_sets = 1 };
	snprintf(text, sizeof(text), "%s", line);
	for (word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	words[n] = NULL;
	return gv_opt_parse(&p, n, words);
}

static void
refuses(const char *line, const char *sentence)
{
	assert_int_equal(parse(line), GV_EUSAGE);
	assert_string_equal(gv_err_message(), sentence);
}

static void
values_stand_attached_or_behind(void **state)
{
	(void)state;
	assert_int_equal(parse("--to=a"), 0);
	assert_string_equal(v.to, "a");
	assert_int_equal(parse("--to a"), 0);
	assert_string_equal(v.to, "a");
	assert_int_equal(parse("-ta"), 0);
	assert_string_equal(v.to, "a");
	assert_int_equal(parse("-t a"), 0);
	assert_string_equal(v.to, "a");
	assert_int_equal(parse("--to="), 0);
	assert_string_equal(v.to, "");
	assert_int_equal(parse("--to -a"), 0);
	assert_string_equal(v.to, "-a");
	assert_false(v.all);
	assert_int_equal(parse("--to --"), 0);
	assert_string_equal(v.to, "--");
}

static void
letters_cluster(void **state)
{
	(void)state;
	assert_int_equal(parse("-avvtx"), 0);
	assert_true(v.all);
	assert_int_equal(v.verbose, 2);
	assert_string_equal(v.to, "x");
	refuses("-ax", "unknown option '-x'");
	refuses("-at", "option '-t' needs a value (DIR)");
}

static void
options_stand_anywhere_until_two_dashes(void **state)
{
	(void)state;
	assert_int_equal(parse("one -a two --to d -- --tag -n"), 0);
	assert_true(v.all);
	assert_int_equal(p.argc, 4);
	assert_int_equal(p.dashes, 2);
	assert_string_equal(p.argv[0], "one");
	assert_string_equal(p.argv[1], "two");
	assert_string_equal(p.argv[2], "--tag");
	assert_string_equal(p.argv[3], "-n");
	assert_null(p.argv[4]);
	assert_int_equal(parse("- a"), 0);
	assert_int_equal(p.argc, 2);
	assert_int_equal(p.dashes, -1);
	assert_string_equal(p.argv[0], "-");
	assert_int_equal(parse("--"), 0);
	assert_int_equal(p.argc, 0);
	assert_int_equal(p.dashes, 0);
}

static void
a_first_argument_can_end_them(void **state)
{
	char *argv[] = { (char *)"-a", (char *)"cmd", (char *)"-v", NULL };

	(void)state;
	parse("");
	p.stop = true;
	assert_int_equal(gv_opt_parse(&p, 3, argv), 0);
	assert_true(v.all);
	assert_int_equal(v.verbose, 0);
	assert_int_equal(p.argc, 2);
	assert_string_equal(p.argv[0], "cmd");
	assert_string_equal(p.argv[1], "-v");
}

static void
unique_abbreviations_are_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("--li 3 --ta=x --no-pr"), 0);
	assert_int_equal(v.limit, 3);
	assert_int_equal(v.tags.n, 1);
	assert_int_equal(v.progress, 0);
	/* a whole name wins over a longer one that begins with it */
	assert_int_equal(parse("--to x"), 0);
	refuses("--t x", "option '--t' is short for both '--to' and '--tag'");
	assert_int_equal(parse("--no-o"), 0);
	assert_true(v.no_owner);
}

static void
no_takes_it_back(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("--all --no-all --to x --no-to --tag a --tag b "
		  "--no-tag --tag c -vv --no-verbose -p --no-stat"),
	    0);
	assert_false(v.all);
	assert_null(v.to);
	assert_int_equal(v.tags.n, 1);
	assert_string_equal(v.tags.items[0], "c");
	assert_int_equal(v.verbose, 0);
	assert_int_equal(v.form, 0);
	assert_int_equal(parse("--no-owner"), 0);
	assert_true(v.no_owner);
	assert_int_equal(parse("--no-owner --owner"), 0);
	assert_false(v.no_owner);
	assert_int_equal(parse("--no-color"), 0);
	assert_int_equal(v.when, 0);
	refuses("--no-limit",
	    "unknown option '--no-limit'; did you mean '--limit'?");
	refuses("--no-tag=x", "option '--no-tag' takes no value");
}

static void
the_last_of_a_set_wins(void **state)
{
	(void)state;
	assert_int_equal(parse("-p --stat"), 0);
	assert_int_equal(v.form, 1);
	assert_int_equal(parse("--stat -p"), 0);
	assert_int_equal(v.form, 2);
}

static void
numbers_are_checked(void **state)
{
	(void)state;
	assert_int_equal(parse("-n 2k"), 0);
	assert_int_equal(v.limit, 2048);
	assert_int_equal(parse("-n0"), 0);
	assert_int_equal(v.limit, 0);
	assert_int_equal(parse("-n 9223372036854775807"), 0);
	assert_int_equal(v.limit, INT64_MAX);
	refuses("-n 9223372036854775808",
	    "option '-n': 9223372036854775808 is too large a number");
	refuses("-n 9007199254740992k",
	    "option '-n': 9007199254740992k is too large a number");
	refuses("--limit -3",
	    "option '--limit' needs a number (k, m or g may follow "
	    "it), not '-3'");
	refuses("-n 3x",
	    "option '-n' needs a number (k, m or g may follow "
	    "it), not '3x'");
	refuses("--limit=",
	    "option '--limit' needs a number (k, m or g may follow "
	    "it), not ''");
}

static void
choices_are_checked(void **state)
{
	(void)state;
	assert_int_equal(parse("--color"), 0);
	assert_int_equal(v.when, 1);
	assert_int_equal(parse("--color=auto"), 0);
	assert_int_equal(v.when, 2);
	/* a value that may be left out is never the next word */
	assert_int_equal(parse("--color auto"), 0);
	assert_int_equal(v.when, 1);
	assert_int_equal(p.argc, 1);
	assert_int_equal(parse("--overwrite auto"), 0);
	assert_int_equal(v.when, 2);
	refuses("--color=red",
	    "option '--color' takes never, always or auto, not 'red'");
	refuses("--overwrite", "option '--overwrite' needs a value (MODE)");
}

static void
the_nearest_name_is_told(void **state)
{
	(void)state;
	refuses("--tga x", "unknown option '--tga'; did you mean '--tag'?");
	refuses(
	    "--limti=3", "unknown option '--limti'; did you mean '--limit'?");
	refuses("--zzzzz", "unknown option '--zzzzz'");
	refuses("--all=3", "option '--all' takes no value");
	refuses("--=x", "unknown option '--'");
}

static void
what_others_call_an_option_is_answered_with_its_name(void **state)
{
	(void)state;
	refuses("-e", "unknown option '-e'");
	refuses("--everything",
	    "unknown option '--everything'; did you mean "
	    "'--all'?");
	refuses("--max=3", "unknown option '--max'; did you mean '--limit'?");
	refuses("--dest x", "unknown option '--dest'; did you mean '--to'?");
}

static void
help_is_a_wish(void **state)
{
	(void)state;
	assert_int_equal(parse("-h"), 0);
	assert_int_equal(p.wish, GV_OPT_USAGE);
	assert_int_equal(parse("-ah --nonsense"), 0);
	assert_int_equal(p.wish, GV_OPT_USAGE);
	assert_int_equal(parse("x --help"), 0);
	assert_int_equal(p.wish, GV_OPT_MANUAL);
	assert_int_equal(parse("-- -h"), 0);
	assert_int_equal(p.wish, GV_OPT_GO);
}

static void
an_earlier_set_hides_a_later_one(void **state)
{
	struct values other = { 0 };
	char *argv[] = { (char *)"-a", (char *)"--limit=3", (char *)"-v",
		NULL };
	static const struct gv_opt own[] = { { .type = GV_OPT_BOOL,
						 .letter = 'a',
						 .name = "limit-none",
						 AT(no_owner),
						 .help = "" },
		GV_OPT_LAST };

	(void)state;
	parse("");
	p.sets[0] = (struct gv_opt_set){ own, &other };
	p.sets[1] = (struct gv_opt_set){ table, &v };
	p.n_sets = 2;
	assert_int_equal(gv_opt_parse(&p, 3, argv), 0);
	assert_true(other.no_owner);
	assert_false(v.all);
	assert_int_equal(v.limit, 3);
	assert_int_equal(v.verbose, 1);
}

static void
usage_lists_the_table(void **state)
{
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	gv_opt_usage(&b, table);
	assert_non_null(strstr(b.p, "\nwhat\n    -a, --all"));
	assert_non_null(strstr(b.p, "    --color[=WHEN]          colour\n"));
	assert_non_null(strstr(b.p, "    -n, --limit N           how many\n"));
	assert_non_null(strstr(b.p, "    -p                      patch\n"));
	gv_buf_release(&b);
}

UNIT(opt)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_stand_attached_or_behind),
		cmocka_unit_test(letters_cluster),
		cmocka_unit_test(options_stand_anywhere_until_two_dashes),
		cmocka_unit_test(a_first_argument_can_end_them),
		cmocka_unit_test(unique_abbreviations_are_taken),
		cmocka_unit_test(no_takes_it_back),
		cmocka_unit_test(the_last_of_a_set_wins),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(choices_are_checked),
		cmocka_unit_test(the_nearest_name_is_told),
		cmocka_unit_test(
		    what_others_call_an_option_is_answered_with_its_name),
		cmocka_unit_test(help_is_a_wish),
		cmocka_unit_test(an_earlier_set_hides_a_later_one),
		cmocka_unit_test(usage_lists_the_table),
	};
	int r;

	r = UNIT_RUN(tests);
	gv_opt_release(table, &v);
	return r;
}

#include "unit.h"

#include <string.h>

#include "git-vault/front/cmd.h"
#include "git-vault/about/complete.h"

static const char *const modes[] = { "always", "never", NULL };

static const struct gv_opt get_opts[] = {
	{ .type = GV_OPT_STRING, .name = "to", .arg = "DIR" },
	{ .type = GV_OPT_CHOICE,
	    .name = "overwrite",
	    .arg = "MODE",
	    .choices = modes },
	{ .type = GV_OPT_BOOL, .letter = 'n', .name = "dry-run" },
	{ .type = GV_OPT_STRING,
	    .letter = 'm',
	    .name = "message",
	    .arg = "MSG" },
	{ .type = GV_OPT_STRING, .name = "env", .arg = "ENV" },
	{ .type = GV_OPT_STRING, .name = "stack", .arg = "STACK" }, GV_OPT_LAST
};

static const struct gv_cmd get = { .name = "get",
	.usage = "SNAP [PATH...]",
	.opts = get_opts,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE } };

static const struct gv_opt secret_opts[] = {
	{ .type = GV_OPT_STRING, .name = "reason", .arg = "TEXT" },
	{ .type = GV_OPT_STRING, .name = "scope", .arg = "SCOPE" }, GV_OPT_LAST
};

static const struct gv_cmd secret = { .name = "secret",
	.usage = "list [--scope SCOPE]...\n"
		 "show [--reveal [--output FILE]] ID\n"
		 "revoke --reason TEXT [--sign[=KEY]] ID...\n"
		 "import --scope SCOPE FILE",
	.opts = secret_opts,
	.max_args = -1,
	.args = { GV_OPT_VERB } };

static const struct gv_cmd *const all[] = { &get, &secret, NULL };

static struct gv_complete c;

/* Reads up to eight words; the last one is the one to complete. */
static void
read_words(const char *const *words, bool is_fish)
{
	int n = 0;

	gv_complete_release(&c);
	while (words[n])
		n++;
	assert_int_equal(
	    gv_complete_read(&c, all, n, (char *const *)words, is_fish), 0);
}

#define READ(...) read_words((const char *const[]){ __VA_ARGS__, NULL }, false)

static void
the_first_word_is_a_command(void **state)
{
	(void)state;
	READ("g");
	assert_int_equal(c.what, GV_COMPLETE_COMMAND);
	assert_string_equal(c.typed, "g");
	READ("-C", "some where", "-q", "");
	assert_int_equal(c.what, GV_COMPLETE_COMMAND);
	assert_int_equal(c.dirs.n, 1);
	assert_string_equal(c.dirs.items[0], "some where");
	READ("-C", "x");
	assert_int_equal(c.what, GV_COMPLETE_VALUE);
	assert_int_equal(c.kind, GV_OPT_DIR);
}

static void
of_an_unknown_command_nothing_is_known(void **state)
{
	(void)state;
	READ("nonsense", "--");
	assert_int_equal(c.what, GV_COMPLETE_VALUE);
	assert_int_equal(c.kind, GV_OPT_ANY);
	gv_complete_release(&c);
	assert_int_equal(gv_complete_read(&c, all, 0, NULL, false), 0);
	assert_int_equal(c.kind, GV_OPT_ANY);
}

static void
arguments_are_counted_past_options(void **state)
{
	(void)state;
	READ("get", "-n", "--to", "there", "lat");
	assert_int_equal(c.kind, GV_OPT_SNAPSHOT);
	assert_string_equal(c.typed, "lat");
	READ("get", "--over", "always", "latest", "a/b");
	assert_int_equal(c.kind, GV_OPT_INSIDE);
	assert_string_equal(c.snap, "latest");
	READ("get", "latest", "one", "two", "");
	assert_int_equal(c.kind, GV_OPT_INSIDE);
}

static void
behind_two_dashes_are_paths(void **state)
{
	(void)state;
	READ("get", "tag:v1", "--", "-x");
	assert_int_equal(c.kind, GV_OPT_INSIDE);
	assert_string_equal(c.snap, "tag:v1");
	assert_string_equal(c.typed, "-x");
	READ("get", "--", "l");
	assert_int_equal(c.kind, GV_OPT_INSIDE);
	assert_null(c.snap);
}

static void
a_value_is_of_the_kind_that_its_name_says(void **state)
{
	(void)state;
	READ("get", "--to", "d");
	assert_int_equal(c.kind, GV_OPT_DIR);
	READ("get", "--env", "prod", "--stack", "n");
	assert_int_equal(c.kind, GV_OPT_STACK);
	assert_string_equal(c.env, "prod");
	READ("get", "--overwrite=al");
	assert_ptr_equal(c.choices, modes);
	assert_string_equal(c.lead.p, "--overwrite=");
	assert_string_equal(c.typed, "al");
	READ("get", "-nm", "text");
	assert_int_equal(c.kind, GV_OPT_ANY);
	READ("get", "-mtext", "lat");
	assert_int_equal(c.kind, GV_OPT_SNAPSHOT);
}

static void
a_dash_begins_an_option(void **state)
{
	(void)state;
	READ("get", "latest", "--dr");
	assert_int_equal(c.what, GV_COMPLETE_OPTION);
	assert_ptr_equal(c.cmd, &get);
	READ("--ver");
	assert_int_equal(c.what, GV_COMPLETE_OPTION);
	assert_null(c.cmd);
}

static void
snapshot_and_path_stand_in_one_word(void **state)
{
	(void)state;
	READ("get", "tag:v1:live/m");
	assert_int_equal(c.kind, GV_OPT_INSIDE);
	assert_true(c.from_top);
	assert_string_equal(c.lead.p, "tag:v1:");
	assert_string_equal(c.typed, "live/m");
	READ("get", "tag:v");
	assert_int_equal(c.kind, GV_OPT_SNAPSHOT);
	READ("get", "latest~2..lat");
	assert_int_equal(c.kind, GV_OPT_SNAPSHOT);
	assert_string_equal(c.lead.p, "latest~2..");
	assert_string_equal(c.typed, "lat");
}

static void
a_verb_is_known_by_its_line_of_the_usage(void **state)
{
	(void)state;
	READ("secret", "sh");
	assert_int_equal(c.what, GV_COMPLETE_VERB);
	READ("secret", "--scope", "prod", "");
	assert_int_equal(c.what, GV_COMPLETE_VERB);
	READ("secret", "list", "x");
	assert_int_equal(c.kind, GV_OPT_ANY);
	READ("secret", "show", "x");
	assert_int_equal(c.kind, GV_OPT_SECRET);
	READ("secret", "show", "x", "y");
	assert_int_equal(c.kind, GV_OPT_ANY);
	READ("secret", "revoke", "--reason", "old", "x", "y");
	assert_int_equal(c.kind, GV_OPT_SECRET);
	READ("secret", "import", "x");
	assert_int_equal(c.kind, GV_OPT_PATH);
	READ("secret", "none", "x");
	assert_int_equal(c.kind, GV_OPT_ANY);
}

/* Takes the quoting out of a copy. */
static void
unquoted(const char *word, bool is_fish, const char *expect)
{
	char text[64];

	assert_true(strlen(word) < sizeof(text));
	memcpy(text, word, strlen(word) + 1);
	gv_complete_unquote(text, is_fish);
	assert_string_equal(text, expect);
}

static void
quoting_is_taken_out(void **state)
{
	(void)state;
	unquoted("a\\ b", false, "a b");
	unquoted("'a b'c", false, "a bc");
	unquoted("\"a \\\"b\\n", false, "a \"b\\n");
	unquoted("'a\\'", false, "a\\");
	unquoted("'it\\'s", true, "it's");
	unquoted("a\\", false, "a\\");
	READ("get", "latest", "my\\ di");
	assert_string_equal(c.typed, "my di");
}

UNIT(complete)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_is_a_command),
		cmocka_unit_test(of_an_unknown_command_nothing_is_known),
		cmocka_unit_test(arguments_are_counted_past_options),
		cmocka_unit_test(behind_two_dashes_are_paths),
		cmocka_unit_test(a_value_is_of_the_kind_that_its_name_says),
		cmocka_unit_test(a_dash_begins_an_option),
		cmocka_unit_test(snapshot_and_path_stand_in_one_word),
		cmocka_unit_test(a_verb_is_known_by_its_line_of_the_usage),
		cmocka_unit_test(quoting_is_taken_out),
	};
	int r = UNIT_RUN(tests);

	gv_complete_release(&c);
	return r;
}

#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/err_command.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/failure.h"
#include "git-vault/front/json.h"

static const struct gv_cmd restore = { .name = "restore",
	.usage = "[-q] SNAP[:PATH] --to DIR\nSNAP --in-place\nSNAP" };
static const struct gv_cmd sync_cmd = { .name = "sync", .usage = "[REMOTE]" };
static const struct gv_cmd key = { .name = "key",
	.usage = "add [--role ROLE] NAME RECIPIENT\nlist\nremove NAME",
	.verb = "list" };
static const struct gv_cmd *const all[] = { &restore, &sync_cmd, &key, NULL };

/* All commands of the message are the program's own, as those of a format. */
static void
own(const char *message)
{
	const char *p;

	for (p = message; (p = strstr(p, "git ")); p++)
		gv_err_command_offer(p);
}

/* The message gives this sentence and these commands, one a line. */
static void
splits(const char *message, const char *sentence, const char *commands)
{
	struct gv_buf s = GV_BUF_INIT, c = GV_BUF_INIT;

	own(message);
	gv_failure_split(&s, &c, all, message);
	assert_string_equal(s.p, sentence);
	assert_string_equal(c.p, commands);
	gv_buf_release(&s);
	gv_buf_release(&c);
}

static void
the_lines_of_hints_are_apart(void **state)
{
	(void)state;
	splits("no way", "no way", "");
	splits("no way\nhint: git vault sync", "no way", "git vault sync\n");
	splits(
	    "no way\nhint: to see it: git vault sync origin\nhint: git add .",
	    "no way", "git vault sync origin\ngit add .\n");
	splits("no way\nhint: ask somebody", "no way; ask somebody", "");
}

static void
commands_in_the_sentence_are_found(void **state)
{
	(void)state;
	splits("no; 'git vault sync' brings it",
	    "no; 'git vault sync' brings it", "git vault sync\n");
	splits("no; `git vault sync a` brings it",
	    "no; `git vault sync a` brings it", "git vault sync a\n");
	splits("no; to have it: git vault sync a",
	    "no; to have it: git vault sync a", "git vault sync a\n");
	splits("no (git vault sync a); to go on: git config x.y 1, which helps",
	    "no (git vault sync a); to go on: git config x.y 1, which helps",
	    "git vault sync a\ngit config x.y 1\n");
	splits("to have it: git vault -C 'a b' -C c sync",
	    "to have it: git vault -C 'a b' -C c sync",
	    "git vault -C 'a b' -C c sync\n");
	splits("to undo it: git vault -C 'a;b' restore 'c, d'; else not",
	    "to undo it: git vault -C 'a;b' restore 'c, d'; else not",
	    "git vault -C 'a;b' restore 'c, d'\n");
}

static void
each_command_is_named_once(void **state)
{
	(void)state;
	splits("'git vault sync' and 'git vault sync'\nhint: git vault sync",
	    "'git vault sync' and 'git vault sync'", "git vault sync\n");
}

static void
what_cannot_be_pasted_is_no_hint(void **state)
{
	(void)state;
	splits("to go back: git vault restore SNAP --in-place",
	    "to go back: git vault restore SNAP --in-place", "");
	splits("run 'git vault sync --refs snapshots/ID'",
	    "run 'git vault sync --refs snapshots/ID'", "");
	splits("f:1: git vault has a rule 'x'", "f:1: git vault has a rule 'x'",
	    "");
	splits(
	    "git vault sync is not meant", "git vault sync is not meant", "");
	splits("of git vault sync", "of git vault sync", "");
	splits("'git vault sync", "'git vault sync", "");
	splits("git ", "git ", "");
	splits("", "", "");
}

static void
a_command_that_lacks_words_is_no_hint(void **state)
{
	(void)state;
	splits("'git vault restore' does", "'git vault restore' does", "");
	splits("'git vault restore a' does", "'git vault restore a' does",
	    "git vault restore a\n");
	splits(
	    "'git vault key remove' does", "'git vault key remove' does", "");
	splits("'git vault key remove a' does", "'git vault key remove a' does",
	    "git vault key remove a\n");
	splits("'git vault key add a' does", "'git vault key add a' does", "");
	splits(
	    "'git vault key' does", "'git vault key' does", "git vault key\n");
	splits("no\nhint: git vault key -h", "no", "git vault key -h\n");
	splits("'git vault key lists' does", "'git vault key lists' does", "");
	splits("'git vault key list' does", "'git vault key list' does",
	    "git vault key list\n");
}

/* The commands of this thread's message. */
static void
offers(const char *commands)
{
	struct gv_buf s = GV_BUF_INIT, c = GV_BUF_INIT;

	gv_failure_split(&s, &c, all, gv_err_message());
	assert_string_equal(c.p, commands);
	gv_buf_release(&s);
	gv_buf_release(&c);
}

static void
a_name_that_looks_like_a_command_is_no_hint(void **state)
{
	static const char *const names[] = { "'git vault restore evil'",
		"x: git vault restore evil", "\nhint: git vault restore evil",
		"x; to have it: git push evil :main",
		"\x02'git vault restore evil'",
		"\x02'git vault restore evil'\x01" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		gv_err(GV_ERROR, "no %s; see 'git vault key list'", names[i]);
		offers("git vault key list\n");
		gv_err_in(GV_ERROR, "%s", names[i]);
		offers("git vault key list\n");
		gv_err(GV_ERROR, "git %s failed", names[i]);
		offers("");
	}
}

static void
a_command_is_offered_as_it_is_filled_in(void **state)
{
	(void)state;
	gv_err(GV_ERROR, "%s: %d %% of 'it'; to go on: git vault restore %s",
	    "a", 7, "'b c'");
	offers("git vault restore 'b c'\n");
	gv_err(GV_ERROR, "%.*s: see 'git vault %s'", 1, "ab", "sync");
	gv_err_in(GV_ERROR, "again");
	offers("git vault sync\n");
	gv_err(GV_ERROR, "before that, %s", gv_err_message());
	offers("git vault sync\n");
}

static void
what_git_said_is_no_hint(void **state)
{
	(void)state;
	splits("x: git rev-list: bad", "x: git rev-list: bad", "");
	splits("x: git says no", "x: git says no", "");
	splits("to have it: git fetch o", "to have it: git fetch o",
	    "git fetch o\n");
}

static void
what_is_written_can_be_read(void **state)
{
	struct gv_json j = GV_JSON_INIT;
	struct gv_buf sentence = GV_BUF_INIT, doc = GV_BUF_INIT;

	(void)state;
	gv_failure_json(&j, all, GV_ELOCKED, "\"a\"\tb\nhint: git vault sync");
	assert_string_equal(j.buf.p,
	    "{\"error\":{\"code\":\"locked\",\"message\":\"\\\"a\\\"\\tb\","
	    "\"hints\":[\"git vault sync\"]}}\n");
	gv_buf_addstr(&doc, "{\"schema\":1,");
	gv_buf_addstr(&doc, j.buf.p + 1);
	assert_true(gv_failure_is(&doc));
	assert_int_equal(gv_failure_read(&sentence, &j.buf), 0);
	assert_string_equal(sentence.p, "\"a\"\tb");
	gv_buf_release(&sentence);
	gv_buf_release(&doc);
	gv_json_release(&j);
}

static void
other_documents_have_no_sentence(void **state)
{
	static const char *const texts[] = { "", "{}", "[]", "{\"error\":1}",
		"{\"error\":{}}", "{\"error\":{\"message\":1}}", "{\"error\"" };
	struct gv_buf sentence = GV_BUF_INIT, doc = GV_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		gv_buf_reset(&doc);
		gv_buf_addstr(&doc, texts[i]);
		assert_false(gv_failure_is(&doc));
		assert_int_equal(
		    gv_failure_read(&sentence, &doc), GV_ENOTFOUND);
		assert_string_equal(sentence.p, "");
	}
	gv_buf_release(&sentence);
	gv_buf_release(&doc);
}

UNIT(failure)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_of_hints_are_apart),
		cmocka_unit_test(commands_in_the_sentence_are_found),
		cmocka_unit_test(each_command_is_named_once),
		cmocka_unit_test(what_cannot_be_pasted_is_no_hint),
		cmocka_unit_test(a_command_that_lacks_words_is_no_hint),
		cmocka_unit_test(what_git_said_is_no_hint),
		cmocka_unit_test(a_name_that_looks_like_a_command_is_no_hint),
		cmocka_unit_test(a_command_is_offered_as_it_is_filled_in),
		cmocka_unit_test(what_is_written_can_be_read),
		cmocka_unit_test(other_documents_have_no_sentence),
	};

	return UNIT_RUN(tests);
}

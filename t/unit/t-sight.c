#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "project/sight.h"

static struct gv_sight sight;
static char *text;

static int
read_text(const char *json)
{
	size_t len = strlen(json);

	free(text);
	text = malloc(len + 1);
	assert_non_null(text);
	memcpy(text, json, len + 1);
	return gv_sight_read(&sight, text, len);
}

static int
end(void **state)
{
	(void)state;
	gv_sight_release(&sight);
	free(text);
	text = NULL;
	return 0;
}

static void
what_a_process_printed_is_read(void **state)
{
	(void)state;
	assert_int_equal(
	    read_text("{\"schema\":1,\"name\":\"a\\u001bb\",\"path\":\"/p\","
		      "\"client\":null,\"stack\":[\"go\",7,\"helm\"],"
		      "\"last\":\"x\",\"last_time\":\"1970-01-02T00:00:00Z\","
		      "\"changes\":{\"added\":1,\"changed\":2,\"removed\":3,"
		      "\"unreadable\":4},\"unpushed\":null,\"unsent\":5,"
		      "\"dangers\":[\"no_remote\"],\"later\":{}}"),
	    0);
	assert_string_equal(sight.name, "a\033b");
	assert_null(sight.client);
	assert_int_equal(sight.stack.n, 2);
	assert_string_equal(sight.stack.items[1], "helm");
	assert_int_equal(sight.last_time, 86400);
	assert_int_equal(sight.commits, -1);
	assert_int_equal(sight.unsent, 5);
	assert_true(sight.has_changes);
	assert_int_equal(gv_sight_unsaved(&sight), 10);
	assert_string_equal(sight.dangers.items[0], "no_remote");
}

static void
another_document_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_text("{\"schema\":1}"), GV_EREFUSED);
	gv_sight_release(&sight);
	assert_int_equal(read_text("[1]"), GV_EREFUSED);
	gv_sight_release(&sight);
	assert_int_equal(read_text("{\"name\":"), GV_EREFUSED);
}

static void
stale_is_what_was_not_saved_for_a_day(void **state)
{
	struct gv_sight s = { .last = NULL };

	(void)state;
	assert_true(gv_sight_is_stale(&s, 0));
	s.last = "id";
	s.last_time = 1000;
	assert_false(gv_sight_is_stale(&s, 1000000));
	s.changed = 1;
	assert_true(gv_sight_is_stale(&s, 1000000));
	assert_false(gv_sight_is_stale(&s, 1000 + 86400));
	assert_true(gv_sight_is_stale(&s, 1001 + 86400));
}

UNIT(sight)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(what_a_process_printed_is_read, end),
		cmocka_unit_test_teardown(another_document_is_refused, end),
		cmocka_unit_test(stale_is_what_was_not_saved_for_a_day),
	};

	return UNIT_RUN(tests);
}

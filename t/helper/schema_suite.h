#ifndef SCHEMA_SUITE_H
#define SCHEMA_SUITE_H
/*
 * The packed JSON-Schema-Test-Suite (t/conformance/schema), run: each test that
 * does not come out as it says is reported.
 */
#include "schema/schema.h"

enum { SCHEMA_SUITE_REQUIRED, SCHEMA_SUITE_OPTIONAL, SCHEMA_SUITE_FORMAT };

struct schema_suite_test {
	const char *draft, *file, *group, *test;
	enum gv_schema_verdict verdict;
	bool is_valid;
	int kind;
};

struct schema_suite_count {
	size_t all[3], right[3]; /* by kind */
};

void schema_suite_run(struct schema_suite_count *out, const struct gv_doc *doc,
    void (*tell)(void *ctx, const struct schema_suite_test *t), void *ctx);

#endif

#include <string.h>

#include "schema/schema_internal.h"

#define D4  GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_04)
#define D6  GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_06)
#define D7  GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_07)
#define D19 GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_2019)
#define D20 GV_SCHEMA_BIT(GV_SCHEMA_DRAFT_2020)
#define K   GV_SCHEMA_BIT(GV_SCHEMA_KUBERNETES)

#define ALL     (D4 | D6 | D7 | D19 | D20 | K)
#define FROM_06 (D6 | D7 | D19 | D20)

#define A GV_SCHEMA_APPLICATOR
#define U GV_SCHEMA_UNEVALUATED
#define V GV_SCHEMA_VALIDATION
#define C GV_SCHEMA_CORE
#define F (GV_SCHEMA_FORMAT | GV_SCHEMA_FORMAT_ASSERTED)

#define ONE    GV_SCHEMA_SHAPE_ONE
#define LIST   GV_SCHEMA_SHAPE_LIST
#define MAP    GV_SCHEMA_SHAPE_MAP
#define EITHER GV_SCHEMA_SHAPE_EITHER

/* By name within a draft; a name may be there twice for different ones. Drafts
 * from 2019-09 on still read "dependencies" and "definitions". */
static const struct gv_schema_keyword keywords[] = {
	{ "$defs", GV_SCHEMA_DEFINITIONS, MAP, C, D19 | D20 },
	{ "$dynamicRef", GV_SCHEMA_DYNAMIC_REF, 0, C, D20 },
	{ "$recursiveRef", GV_SCHEMA_RECURSIVE_REF, 0, C, D19 },
	{ "$ref", GV_SCHEMA_REF, 0, C, D4 | FROM_06 },
	{ "additionalItems", GV_SCHEMA_ADDITIONAL_ITEMS, ONE, A,
	    D4 | D6 | D7 | D19 },
	{ "additionalProperties", GV_SCHEMA_ADDITIONAL_PROPERTIES, ONE, A,
	    ALL },
	{ "allOf", GV_SCHEMA_ALL_OF, LIST, A, ALL },
	{ "anyOf", GV_SCHEMA_ANY_OF, LIST, A, ALL },
	{ "const", GV_SCHEMA_CONST, 0, V, FROM_06 },
	{ "contains", GV_SCHEMA_CONTAINS, ONE, A, FROM_06 },
	{ "contentSchema", GV_SCHEMA_CONTENT_SCHEMA, ONE, GV_SCHEMA_CONTENT,
	    D19 | D20 },
	{ "definitions", GV_SCHEMA_DEFINITIONS, MAP, C, D4 | FROM_06 },
	{ "dependencies", GV_SCHEMA_DEPENDENCIES, MAP, A, D4 | FROM_06 },
	{ "dependentRequired", GV_SCHEMA_DEPENDENT_REQUIRED, 0, V, D19 | D20 },
	{ "dependentSchemas", GV_SCHEMA_DEPENDENT_SCHEMAS, MAP, A, D19 | D20 },
	{ "else", GV_SCHEMA_ELSE, ONE, A, D7 | D19 | D20 },
	{ "enum", GV_SCHEMA_ENUM, 0, V, ALL },
	{ "exclusiveMaximum", GV_SCHEMA_EXCLUSIVE_MAXIMUM, 0, V, ALL },
	{ "exclusiveMinimum", GV_SCHEMA_EXCLUSIVE_MINIMUM, 0, V, ALL },
	{ "format", GV_SCHEMA_FORMAT_WORD, 0, F, ALL },
	{ "if", GV_SCHEMA_IF, ONE, A, D7 | D19 | D20 },
	{ "items", GV_SCHEMA_ITEMS, EITHER, A, D4 | D6 | D7 | D19 },
	{ "items", GV_SCHEMA_ITEMS, ONE, A, D20 | K },
	{ "maxContains", GV_SCHEMA_MAX_CONTAINS, 0, V, D19 | D20 },
	{ "maxItems", GV_SCHEMA_MAX_ITEMS, 0, V, ALL },
	{ "maxLength", GV_SCHEMA_MAX_LENGTH, 0, V, ALL },
	{ "maxProperties", GV_SCHEMA_MAX_PROPERTIES, 0, V, ALL },
	{ "maximum", GV_SCHEMA_MAXIMUM, 0, V, ALL },
	{ "minContains", GV_SCHEMA_MIN_CONTAINS, 0, V, D19 | D20 },
	{ "minItems", GV_SCHEMA_MIN_ITEMS, 0, V, ALL },
	{ "minLength", GV_SCHEMA_MIN_LENGTH, 0, V, ALL },
	{ "minProperties", GV_SCHEMA_MIN_PROPERTIES, 0, V, ALL },
	{ "minimum", GV_SCHEMA_MINIMUM, 0, V, ALL },
	{ "multipleOf", GV_SCHEMA_MULTIPLE_OF, 0, V, ALL },
	{ "not", GV_SCHEMA_NOT, ONE, A, ALL },
	{ "nullable", GV_SCHEMA_NULLABLE, 0, V, K },
	{ "oneOf", GV_SCHEMA_ONE_OF, LIST, A, ALL },
	{ "pattern", GV_SCHEMA_PATTERN, 0, V, ALL },
	{ "patternProperties", GV_SCHEMA_PATTERN_PROPERTIES, MAP, A,
	    D4 | FROM_06 },
	{ "prefixItems", GV_SCHEMA_PREFIX_ITEMS, LIST, A, D20 },
	{ "properties", GV_SCHEMA_PROPERTIES, MAP, A, ALL },
	{ "propertyNames", GV_SCHEMA_PROPERTY_NAMES, ONE, A, FROM_06 },
	{ "required", GV_SCHEMA_REQUIRED, 0, V, ALL },
	{ "then", GV_SCHEMA_THEN, ONE, A, D7 | D19 | D20 },
	{ "type", GV_SCHEMA_TYPE, 0, V, ALL },
	{ "unevaluatedItems", GV_SCHEMA_UNEVALUATED_ITEMS, ONE, U, D19 | D20 },
	{ "unevaluatedProperties", GV_SCHEMA_UNEVALUATED_PROPERTIES, ONE, U,
	    D19 | D20 },
	{ "uniqueItems", GV_SCHEMA_UNIQUE_ITEMS, 0, V, ALL },
	{ "x-kubernetes-embedded-resource", GV_SCHEMA_K_EMBEDDED, 0, V, K },
	{ "x-kubernetes-int-or-string", GV_SCHEMA_K_INT_OR_STRING, 0, V, K },
	{ "x-kubernetes-list-map-keys", GV_SCHEMA_K_LIST_KEYS, 0, V, K },
	{ "x-kubernetes-list-type", GV_SCHEMA_K_LIST_TYPE, 0, V, K },
	{ "x-kubernetes-preserve-unknown-fields", GV_SCHEMA_K_PRESERVE, 0, V,
	    K },
	{ "x-kubernetes-validations", GV_SCHEMA_K_RULES, 0, V, K },
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static int
compare(const struct gv_schema_keyword *k, const char *name, size_t len)
{
	const size_t own = strlen(k->name);
	const int r = memcmp(k->name, name, own < len ? own : len);

	return r ? r : (own > len) - (own < len);
}

const struct gv_schema_keyword *
gv_schema_keyword_of(const char *name, size_t len, enum gv_schema_draft draft,
    unsigned vocabularies)
{
	size_t from = 0, to = KEYWORDS, i;

	while (from < to) {
		i = from + (to - from) / 2;
		if (compare(&keywords[i], name, len) < 0)
			from = i + 1;
		else
			to = i;
	}
	for (i = from; i < KEYWORDS && compare(&keywords[i], name, len) == 0;
	     i++)
		if (keywords[i].drafts & GV_SCHEMA_BIT(draft))
			return keywords[i].vocabulary & vocabularies
			    ? &keywords[i]
			    : NULL;
	return NULL;
}

const char *
gv_schema_word_name(enum gv_schema_word word)
{
	size_t i;

	/* "$defs" and "definitions" are one word, which nobody asks for */
	for (i = 0; keywords[i].word != word; i++)
		;
	return keywords[i].name;
}

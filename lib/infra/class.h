#ifndef GV_CLASS_H
#define GV_CLASS_H
/*
 * How much it matters that the last version of a file is saved soon, and stays
 * for long: three classes. What is here is what the language and the name of a
 * file say; a policy may say otherwise (policy/classes.h). A pure function.
 *
 *	gv_class_of("src/main.tf", 11)		GV_CLASS_CRITICAL
 *	gv_class_words[GV_CLASS_LOW]		"low"
 */

#include <stddef.h>

/* The first matters most. */
enum gv_class {
	GV_CLASS_CRITICAL, /* code, configuration, what is kept though ignored
			    */
	GV_CLASS_NORMAL,   /* prose, tables, data of tests, code of others */
	GV_CLASS_LOW,      /* logs, media, what tools generate */
	GV_CLASSES
};

/* "critical", "normal", "low"; NULL behind the last. */
extern const char *const gv_class_words[GV_CLASSES + 1];

/* The class of a word; GV_CLASSES for any other word. */
enum gv_class gv_class_find(const char *word, size_t len);

/* The class of a file of a path from the top. `why` may be NULL; else the
 * sentence's end that says it ("code and configuration"), static. */
enum gv_class gv_class_of(const char *path, size_t len, const char **why);

#endif

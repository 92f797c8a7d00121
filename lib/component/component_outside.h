#ifndef GV_COMPONENT_OUTSIDE_H
#define GV_COMPONENT_OUTSIDE_H
/*
 * What a program that makes backups by itself (pgBackRest, Barman,
 * mariabackup) says of its newest one: its label, and up to which place in the
 * database's log it goes. Pure.
 *
 *	gv_component_outside_find(&out, text, len);
 */

#include <stddef.h>

#define GV_COMPONENT_WORD 64

struct gv_component_outside {
	char label[GV_COMPONENT_WORD], lsn[GV_COMPONENT_WORD]; /* "": none */
};

/* Find the last of each in a report, as JSON or as lines KEY = VALUE. */
void gv_component_outside_find(
    struct gv_component_outside *out, const char *text, size_t len);

#endif

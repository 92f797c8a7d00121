#ifndef GV_SYMBOL_ANSIBLE_H
#define GV_SYMBOL_ANSIBLE_H
/*
 * What the extractors of Ansible share.
 *
 *	gv_symbol_ansible_names(&w, task);
 */

#include "symbol/symbol_writer.h"

/* The folders of a role, or beside a playbook, in which a name is looked for
 * also: they are the `extra` of such a reference. */
#define GV_SYMBOL_ANSIBLE_FILES     "files"
#define GV_SYMBOL_ANSIBLE_TEMPLATES "templates"
#define GV_SYMBOL_ANSIBLE_VARS      "vars"
#define GV_SYMBOL_ANSIBLE_TASKS     "tasks"

/* Add the variables that "{{ }}" of a node and all that is in it name, and the
 * files that lookup() reads. */
void gv_symbol_ansible_names(struct gv_symbol_writer *w, uint32_t node);

/* Add `text`, a file by the name that a task gives it, if it is one of the
 * tree; `folder` is where else it may be. */
void gv_symbol_ansible_file(struct gv_symbol_writer *w,
    enum gv_symbol_edge edge, const char *folder, unsigned flags);

/* Add the groups and hosts of an inventory in YAML. Whether it is one. */
bool gv_symbol_ansible_groups(struct gv_symbol_writer *w, uint32_t root);

#endif

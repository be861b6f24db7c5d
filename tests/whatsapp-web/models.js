// SPDX-License-Identifier: Apache-2.0
// Emitters, models and collections as WhatsApp Web's look from outside, and its module loader.
'use strict';

class Emitter {
  on(names, handler) {
    for (const name of names.split(' ')) {
      (this._handlers(name)).push(handler);
    }
    return this;
  }
  once(name, handler) {
    const wrapped = (...args) => {
      this.off(name, wrapped);
      handler(...args);
    };
    return this.on(name, wrapped);
  }
  off(name, handler) {
    const list = this._handlers(name);
    list.splice(0, list.length, ...list.filter((other) => handler && other !== handler));
    return this;
  }
  trigger(name, ...args) {
    for (const handler of [...this._handlers(name)]) {
      handler.apply(this, args);
    }
    return this;
  }
  listenTo(other, name, handler) {
    other.on(name, handler);
    return this;
  }
  _handlers(name) {
    if (!Object.hasOwn(this, '_byName')) {
      Object.defineProperty(this, '_byName', {value: new Map()});
    }
    if (!this._byName.has(name)) {
      this._byName.set(name, []);
    }
    return this._byName.get(name);
  }
}

// Attributes are properties; setting one fires `change:<attribute>` and `change`, also on its
// collections.
class Model extends Emitter {
  constructor(attributes = {}) {
    super();
    Object.defineProperty(this, 'attributes', {value: {}});
    Object.defineProperty(this, 'collections', {value: []});
    for (const name of Object.keys(attributes)) {
      this._define(name);
      this.attributes[name] = attributes[name];
    }
  }
  _define(name) {
    Object.defineProperty(this, name, {
      enumerable: true,
      configurable: true,
      get: () => this.attributes[name],
      set: (value) => this._change(name, value),
    });
  }
  _change(name, value) {
    const previous = this.attributes[name];
    if (previous === value) return;
    this.attributes[name] = value;
    for (const target of [this, ...this.collections]) {
      target.trigger(`change:${name}`, this, value, previous);
      target.trigger('change', this);
    }
  }
  set(attributes) {
    for (const [name, value] of Object.entries(attributes)) {
      if (!(name in this.attributes)) this._define(name);
      this._change(name, value);
    }
    return this;
  }
  serialize() {
    return {...this.attributes};
  }
}

class Collection extends Emitter {
  constructor(modelClass) {
    super();
    this.modelClass = modelClass;
    this._models = [];
  }
  add(items, {merge = false} = {}) {
    return [items].flat().map((item) => {
      const known = this.get(item.id);
      if (known) return merge ? known.set(item) : known;
      const model = item instanceof this.modelClass ? item : new this.modelClass(item);
      model.collections.push(this);
      this._models.push(model);
      this.trigger('add', model);
      return model;
    });
  }
  get(id) {
    return this._models.find((model) => String(model.id) === String(id));
  }
  remove(model) {
    this._models = this._models.filter((other) => other !== model);
    this.trigger('remove', model);
  }
  find(test) { return this._models.find(test); }
  map(fn) { return this._models.map(fn); }
  forEach(fn) { this._models.forEach(fn); }
  filter(test) { return this._models.filter(test); }
  getModelsArray() { return [...this._models]; }
}

// The loader: modules by id, run when somebody imports them. What import gives is the live object,
// because libraries replace functions in it.
const modulesMap = {};
const loaded = new Map();
function define(id, factory) {
  if (!(window.standInOptions.omit ?? []).includes(id)) {
    modulesMap[id] = {factory};
  }
}
function importModule(id) {
  if (id === '__debug') return {modulesMap};
  if (!loaded.has(id)) {
    if (!modulesMap[id]) throw new Error(`Requiring unknown module "${id}"`);
    const exports = {};
    loaded.set(id, exports);
    modulesMap[id].factory(exports);
  }
  return loaded.get(id);
}
window.ErrorGuard = {skipGuardGlobal() {}};
window.importNamespace = importModule;

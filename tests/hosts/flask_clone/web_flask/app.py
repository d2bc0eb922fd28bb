#!/usr/bin/python3
"""Starts a Flask web application"""
from flask import Flask, abort, jsonify, render_template, request

from models import storage

app = Flask(__name__)
app.url_map.strict_slashes = False


@app.teardown_appcontext
def teardown(exception):
    """Closes the storage after every request"""
    storage.close()


@app.route('/')
def hello():
    """The first page"""
    return 'Hello HBNB!'


@app.route('/status', strict_slashes=False)
def status():
    """Says that it is well"""
    return jsonify(status='OK')


@app.route('/c/<text>', strict_slashes=False)
def c_is(text):
    """C is …"""
    return 'C {}'.format(text.replace('_', ' '))


@app.route('/number_odd_or_even/<int:n>', strict_slashes=False)
def odd_or_even(n):
    """Only for numbers"""
    return render_template('6-number_odd_or_even.html', n=n)


@app.route('/states', strict_slashes=False)
@app.route('/states/<state_id>', strict_slashes=False)
def states(state_id=None):
    """All states, or the cities of one"""
    if state_id is None:
        return render_template('9-states.html', states=storage.all())
    state = storage.get(state_id)
    if state is None:
        abort(404)
    return render_template('9-states.html', state=state)


@app.route('/contact', methods=['GET', 'POST'], strict_slashes=False)
def contact():
    """A form and its answer"""
    name = request.form.get('name', '')
    return render_template('contact.html', name=name)


@app.errorhandler(404)
def not_found(error):
    """A page that is not there"""
    return render_template('404.html', path=request.path), 404


if __name__ == '__main__':
    app.run(host='0.0.0.0', port=5000)
